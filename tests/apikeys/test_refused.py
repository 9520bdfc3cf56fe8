"""Calls whose key is refused: limited by address, told to the key's owner, and others are not shut out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from granian.utils.proxies import wrap_wsgi_with_proxy_headers
from redis import Redis

from apps.apikeys.domain import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    key_refusal_note,
    usage_flush,
)
from apps.apikeys.domain import refusing as refusing_module
from apps.apikeys.models import ApiKey, ApiRefusal, ApiUsage
from apps.apikeys.rules import token_make
from apps.core import clock
from tests.apikeys.test_limits import AWAY, sizes
from tests.cast import Cast

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


def make(cast: Cast, **values: Any) -> tuple[ApiKey, str]:
    filled = {"name": "集計", "scopes": ["read:data", "read:devices"], **values}
    return api_key_create(organization=cast.organization, actor=cast.owner, **filled)


def ask(token: str, address: str = "192.0.2.7", path: str = "api-key", **extra: Any) -> Any:
    return Client(headers={"Authorization": f"Bearer {token}"}, REMOTE_ADDR=address).get(
        reverse(path), **extra
    )


@pytest.fixture
def revoked(cast: Cast) -> tuple[ApiKey, str]:
    key, token = make(cast, name="古い鍵")
    api_key_revoke(key=key, actor=cast.owner)
    return key, token


def test_refused_calls_are_limited_by_address_and_a_good_key_from_there_goes_on(
    cast: Cast, revoked: tuple[ApiKey, str]
) -> None:
    sizes(api_refused_a_minute=3)
    _key, good = make(cast)
    bad = ["mty_nonsense", token_make()[1], revoked[1], revoked[1]]
    answers = [ask(token) for token in bad]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0]["RateLimit-Policy"] == '"refused";q=3;w=60'
    assert answers[2]["RateLimit"].startswith('"refused";r=0;t=')
    body = answers[3].json()
    assert (body["code"], body["limit"], body["limit_size"], body["limit_seconds"]) == (
        "throttled",
        "refused",
        3,
        60,
    )
    assert body["retry_after"] == int(answers[3]["Retry-After"]) in range(1, 61)
    assert clock.now() < datetime.fromisoformat(body["frees_at"]) <= clock.now() + timedelta(seconds=61)
    assert ask(good).status_code == 200
    assert ask(bad[0], "192.0.2.8").status_code == 401


def test_a_foreign_network_counts_to_the_same_limit(cast: Cast) -> None:
    sizes(api_refused_a_minute=1)
    _key, token = make(cast, networks=["203.0.113.0/24"])
    assert [ask(token).status_code for _ in range(2)] == [403, 429]
    assert ask(token, "203.0.113.9").status_code == 200


def test_without_redis_a_quarter_is_let_to_the_refusal(cast: Cast, revoked: tuple[ApiKey, str]) -> None:
    sizes(api_refused_a_minute=8)
    _key, good = make(cast)
    with override_settings(CACHES=AWAY):
        assert [ask(revoked[1]).status_code for _ in range(3)] == [401, 401, 429]
        assert ask(good).status_code == 200
    assert ApiRefusal.objects.get().calls == 2


def test_a_good_call_asks_redis_once_and_nothing_of_refusals(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _key, good = make(cast)
    ask(good)
    asked: list[Any] = []
    run = Redis.execute_command

    def noted(self: Redis, *question: Any, **options: Any) -> Any:
        asked.append(question)
        return run(self, *question, **options)

    monkeypatch.setattr(Redis, "execute_command", noted)
    assert ask(good).status_code == 200
    assert [question[0] for question in asked] == ["EVALSHA"]
    assert not [part for part in asked[0] if ":r:" in str(part)]


def test_who_forges_forwarded_for_is_counted_under_the_own_address(revoked: tuple[ApiKey, str]) -> None:
    sizes(api_refused_a_minute=1)
    answers = [ask(revoked[1], HTTP_X_FORWARDED_FOR=f"203.0.113.{n}") for n in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]
    assert ApiRefusal.objects.get().address == "192.0.2.7"


def test_behind_a_trusted_proxy_the_address_it_names_counts() -> None:
    seen: list[str] = []

    def inner(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    for trusted in (["10.0.0.1"], []):
        door = wrap_wsgi_with_proxy_headers(inner, trusted_hosts=trusted)
        environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}
        door({**environ, "wsgi.url_scheme": "http"}, lambda *_args: None)
    assert seen == ["198.51.100.7", "10.0.0.1"]


def test_the_owner_reads_who_used_a_key_in_vain(cast: Cast, revoked: tuple[ApiKey, str]) -> None:
    key, token = revoked
    for agent in ("curl/8.5.0", "python-requests/2.31\n" + "x" * 900):
        ask(token, HTTP_USER_AGENT=agent)
    ask(token, "2001:db8:1:2::77")
    rows = {row.address: row for row in ApiRefusal.objects.filter(key=key)}
    assert {name: (row.reason, row.calls) for name, row in rows.items()} == {
        "192.0.2.7": ("key_revoked", 2),
        "2001:db8:1:2::/64": ("key_revoked", 1),
    }
    assert rows["192.0.2.7"].agent.startswith("python-requests/2.31 xxx")
    client = Client()
    client.force_login(cast.reader)
    page = client.get(reverse("apikeys:key-detail", args=[cast.organization.pk, key.pk])).content.decode()
    assert "192.0.2.7" in page
    assert "2001:db8:1:2::/64" in page
    listed = client.get(reverse("apikeys:key-list", args=[cast.organization.pk])).content.decode()
    assert "拒否された呼び出し" in listed
    usage_flush()
    assert not ApiUsage.objects.exists()


def test_a_key_tells_its_refusals_itself(cast: Cast) -> None:
    _key, token = make(cast, networks=["203.0.113.0/24"])
    ask(token, HTTP_USER_AGENT="curl/8.5.0")
    (row,) = ask(token, "203.0.113.9").json()["refusals"]
    assert {name: row[name] for name in ("reason", "address", "agent", "calls")} == {
        "reason": "key_network",
        "address": "192.0.2.7",
        "agent": "curl/8.5.0",
        "calls": 1,
    }


def test_a_program_with_the_key_before_is_told_that_another_took_its_place(cast: Cast) -> None:
    key, token = make(cast)
    api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(0))
    answer = ask(token)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_replaced")
    assert ApiRefusal.objects.get(key=key).reason == "key_replaced"


def test_a_key_in_an_address_is_told_to_its_owner(cast: Cast) -> None:
    key, token = make(cast)
    answer = Client(REMOTE_ADDR="192.0.2.7").get(reverse("api-trial-list"), {"key": token})
    assert answer.json()["code"] == "key_in_address"
    assert ApiRefusal.objects.get().key == key


def test_who_does_not_hold_the_whole_key_leaves_nothing(revoked: tuple[ApiKey, str]) -> None:
    lookup, other = token_make()
    ask(other)
    ask(f"mty_{revoked[0].lookup}_{'x' * 38}")
    ApiKey.objects.filter(pk=revoked[0].pk).update(lookup=lookup)
    assert ask(other).json()["code"] == "key_invalid"
    assert not ApiRefusal.objects.exists()


def test_many_addresses_are_gathered_and_old_rows_go(
    revoked: tuple[ApiKey, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusing_module, "MOST_PLACES", 2)
    now, key = clock.now(), revoked[0]
    for number in range(5):
        address = f"192.0.2.{number}"
        key_refusal_note(key=key, reason="key_revoked", address=address, agent="", now=now)
    found = ApiRefusal.objects.order_by("address").values_list("address", "calls")
    assert list(found) == [("", 3), ("192.0.2.0", 1), ("192.0.2.1", 1)]
    usage_flush(now=now + timedelta(days=31))
    assert not ApiRefusal.objects.exists()


def test_no_key_at_all_takes_from_the_limit_without_a_key() -> None:
    sizes(api_anonymous_a_minute=1)
    answers = [Client().get(reverse("api-device-list")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 429]
    assert answers[1].json()["limit"] == "anonymous"
