"""How many calls are let in, and what is said of it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse
from django_redis import get_redis_connection

from apps.apikeys.domain import api_key_create, personal_key_create, usage_flush
from apps.apikeys.domain.limits import call_take, limit_refuse, limits_of, windows_sweep
from apps.apikeys.errors import LimitMet
from apps.apikeys.integrations import counters
from apps.apikeys.models import ApiKey, ApiUsage, ApiWindow
from apps.core import cache, clock, site
from apps.core.clock import TOKYO
from apps.core.errors import InvalidInput
from apps.core.models import SiteSettings
from tests.cast import Cast
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db
AWAY = {**settings.CACHES, "redis": {**settings.CACHES["redis"], "LOCATION": "redis://127.0.0.1:1/0"}}


def sizes(**values: int) -> None:
    """The city's settings of limits."""
    SiteSettings.objects.update_or_create(pk=1, defaults=values)
    site.forget()


@pytest.fixture
def made(cast: Cast) -> tuple[ApiKey, str]:
    return api_key_create(
        organization=cast.organization, actor=cast.owner, name="集計", scopes=["read:data", "read:devices"]
    )


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis did not answer, and is left alone for as long as the test takes."""
    monkeypatch.setattr(cache, "RETRY_AFTER", 3_600)
    cache.note_down("redis", OSError("away"))


@pytest.fixture
def key(made: tuple[ApiKey, str]) -> ApiKey:
    return made[0]


def taken(key: ApiKey | None, calls: int, address: str = "192.0.2.7", now: datetime | None = None) -> int:
    """How many of ``calls`` were let in."""
    return sum(call_take(key=key, address=address, now=now).refused is None for _ in range(calls))


def get(token: str, path: str = "api-device-list", **extra: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(headers=headers).get(reverse(path), **extra)


def test_a_burst_of_ten_thousand_lets_in_exactly_what_is_allowed(
    key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From four connections at once, each with 2,500 calls under way."""
    asked: list[tuple[Any, ...]] = []

    def noted(*question: Any) -> list[int]:
        asked.append(question)
        return [0] * 7

    monkeypatch.setattr(counters, "_run", noted)
    call_take(key=key, address="")
    monkeypatch.undo()
    ((names, arguments),) = asked
    first = call_take(key=key, address="")

    def part(_number: int) -> int:
        pipeline = get_redis_connection("redis").pipeline(transaction=False)
        for _ in range(2500):
            pipeline.evalsha(counters._SHA, len(names), *names, *arguments)
        return sum(not answer[0] for answer in pipeline.execute())

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(part, range(4))) == 600 - 1
    assert first.refused is None
    assert taken(key, 1) == 0


def test_the_organization_has_a_limit_over_its_keys(cast: Cast, key: ApiKey) -> None:
    sizes(api_key_a_minute=5, api_organization_a_minute=7)
    second, _token = api_key_create(
        organization=cast.organization, actor=cast.owner, name="二つ目", scopes=["read:data"]
    )
    assert (taken(key, 10), taken(second, 10)) == (5, 2)
    refused = call_take(key=second, address="").refused
    assert refused is not None
    assert (refused.policy.name, refused.used) == ("organization", 7)


def test_a_refused_call_takes_from_no_limit(key: ApiKey) -> None:
    sizes(api_key_a_minute=2, api_organization_a_minute=100)
    taken(key, 9)
    counts = {row.policy.name: row.used for row in call_take(key=key, address="").counts}
    assert counts == {"key": 2, "organization": 2, "day": 2}


def test_of_two_limits_the_one_that_frees_last_is_told(key: ApiKey) -> None:
    sizes(api_key_a_minute=2, api_organization_a_day=2)
    taken(key, 2)
    refused = call_take(key=key, address="").refused
    assert refused is not None
    assert refused.policy.name == "day"


def test_a_day_begins_at_midnight_in_japan(key: ApiKey) -> None:
    late = datetime(2026, 11, 1, 23, 59, 30, tzinfo=TOKYO)
    (day,) = [row for row in limits_of(key, "", late) if row.name == "day"]
    assert (day.left, day.bucket[-8:]) == (30, "20261101")
    sizes(api_organization_a_day=1)
    assert taken(key, 3, now=late) == 1
    assert taken(key, 3, now=late + timedelta(seconds=31)) == 1


def test_a_minute_begins_with_its_first_call_and_ends(key: ApiKey) -> None:
    sizes(api_key_a_minute=1)
    redis, name = get_redis_connection("redis"), counters._key(f"k:{key.pk}")
    assert taken(key, 1) == 1
    assert 0 < redis.pttl(name) <= 60_000
    redis.pexpire(name, 30_000)
    assert taken(key, 1) == 0
    assert 0 < redis.pttl(name) <= 30_000, "a call does not make the minute longer"
    redis.pexpire(name, 0)  # it is over
    assert taken(key, 2) == 1


def test_without_a_key_an_address_counts_and_ipv6_by_its_network() -> None:
    sizes(api_anonymous_a_minute=2)
    assert taken(None, 3, "192.0.2.7") == 2
    assert taken(None, 3, "192.0.2.8") == 2
    assert taken(None, 2, "2001:db8:1:2::1") + taken(None, 2, "2001:db8:1:2::ffff") == 2
    (policy,) = limits_of(None, "192.0.2.7", clock.now())
    assert "192.0.2" not in policy.bucket


def test_a_forged_forwarded_for_is_not_the_address_that_counts() -> None:
    sizes(api_anonymous_a_minute=1)
    url = reverse("api-trial-list")
    forged = [Client().get(url, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}") for n in range(2)]
    assert [answer.status_code for answer in forged] == [200, 429]


def test_keys_of_one_person_share_one_limit(cast: Cast) -> None:
    sizes(api_person_a_minute=3)
    first, second = (personal_key_create(person=cast.stranger, name=name)[0] for name in "ab")
    assert taken(first, 2) + taken(second, 5) == 3
    assert [row.name for row in limits_of(first, "", clock.now())] == ["person", "day"]


def test_every_answer_tells_the_limits_and_a_refusal_which_was_met(made: tuple[ApiKey, str]) -> None:
    sizes(api_key_a_minute=1)
    first, second = get(made[1]), get(made[1])
    assert first["RateLimit-Policy"] == '"key";q=1;w=60, "organization";q=3000;w=60, "day";q=200000;w=86400'
    state = re.fullmatch(
        r'"key";r=0;t=60, "organization";r=2999;t=60, "day";r=199999;t=\d+', first["RateLimit"]
    )
    assert state, first["RateLimit"]
    body = second.json()
    assert (second.status_code, second["Content-Type"]) == (429, "application/problem+json")
    assert (body["code"], body["limit"], body["limit_size"], body["limit_seconds"]) == (
        "throttled",
        "key",
        1,
        60,
    )
    assert body["retry_after"] == int(second["Retry-After"]) in range(1, 61)
    assert clock.now() < datetime.fromisoformat(body["frees_at"]) <= clock.now() + timedelta(seconds=61)
    assert second["RateLimit"].startswith('"key";r=0;')


@pytest.mark.parametrize("name", ["key", "organization", "person", "anonymous", "day"])
def test_each_limit_is_told_in_words(name: str, key: ApiKey) -> None:
    decision = call_take(key=key, address="")
    count = decision.counts[0]
    object.__setattr__(count.policy, "name", name)
    object.__setattr__(decision, "refused", count)
    with pytest.raises(LimitMet) as refusal:
        limit_refuse(decision)
    assert "600" in refusal.value.message


def test_redis_away_lets_in_a_quarter_and_is_never_an_error(made: tuple[ApiKey, str]) -> None:
    sizes(api_key_a_minute=8, api_anonymous_a_minute=1)
    with override_settings(CACHES=AWAY):
        answers = [get(made[1]).status_code for _ in range(4)]
        assert taken(None, 3) == 1
    assert answers == [200, 200, 429, 429]
    usage = ApiUsage.objects.get(source="database")
    assert (usage.key, usage.calls, usage.refused) == (made[0], 2, 2)


@pytest.mark.usefixtures("away")
def test_redis_away_windows_end_and_are_swept(key: ApiKey) -> None:
    sizes(api_key_a_minute=8)
    now = clock.now()
    assert taken(key, 3, now=now) == 2
    assert taken(key, 3, now=now + timedelta(seconds=61)) == 2
    assert windows_sweep(now=now + timedelta(seconds=200)) == 2
    assert ApiWindow.objects.count() == 1  # the day goes on


@pytest.mark.usefixtures("away")
@pytest.mark.django_db(transaction=True)
def test_redis_away_a_burst_of_many_processes_lets_in_exactly_a_quarter(key: ApiKey) -> None:
    sizes(api_key_a_minute=40)

    def burst() -> int:
        try:
            return taken(key, 8)
        finally:
            connections.close_all()

    assert sum(at_once([burst] * 4)) == 10
    assert ApiUsage.objects.get().refused == 22


def test_use_is_written_by_day_and_key_and_again_changes_nothing(key: ApiKey) -> None:
    sizes(api_key_a_minute=2)
    taken(key, 3)
    assert [usage_flush(), usage_flush()] == [1, 1]
    usage = ApiUsage.objects.get()
    assert (usage.key, usage.calls, usage.refused) == (key, 2, 1)
    assert usage.day == clock.now().astimezone(TOKYO).date()
    sizes(api_key_a_minute=9)
    taken(key, 4)
    usage_flush()
    usage.refresh_from_db()
    assert usage.calls == 6


def test_use_counted_before_redis_forgot_stays(key: ApiKey) -> None:
    taken(key, 3)
    usage_flush()
    caches["redis"].delete_pattern("*")  # type: ignore[attr-defined]
    taken(key, 2)
    usage_flush()
    assert sorted(ApiUsage.objects.values_list("calls", flat=True)) == [2, 3]


def test_use_of_a_key_that_is_gone_is_let_go(key: ApiKey) -> None:
    taken(key, 1)
    key.delete()
    assert usage_flush() == 0


@pytest.mark.usefixtures("away")
def test_redis_away_nothing_is_written(key: ApiKey) -> None:
    assert usage_flush() == 0


def test_a_call_that_no_scope_reaches_is_counted_and_limited_like_any_other(made: tuple[ApiKey, str]) -> None:
    sizes(api_key_a_minute=2)
    key, token = made
    answers = [get(token, "api-webhook-list") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert answers[0].json()["code"] == "permission_denied"
    assert '"key";r=1' in answers[0]["RateLimit"]
    assert answers[2].json()["limit"] == "key"
    usage_flush()
    row = ApiUsage.objects.get(key=key)
    assert (row.calls, row.refused) == (2, 1)


def test_who_calls_from_a_refused_network_takes_nothing_from_the_key(cast: Cast) -> None:
    key, token = api_key_create(
        organization=cast.organization,
        actor=cast.owner,
        name="社内",
        scopes=["read:devices"],
        networks=["203.0.113.0/24"],
    )
    sizes(api_key_a_minute=2)
    for _ in range(3):
        assert get(token).json()["code"] == "key_network"
    assert get(token, REMOTE_ADDR="203.0.113.9").status_code == 200
    usage_flush()
    assert ApiUsage.objects.get(key=key).calls == 1


@pytest.mark.parametrize(
    "text",
    ["fe80::1%eth0", "fe80::1%" + "a" * 60, "fe80::%e/64", "1.2.3.4/33", "::/129", "/", "１.2.3.4", "\0"],
)
def test_odd_networks_are_refused_in_words(cast: Cast, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        api_key_create(
            organization=cast.organization, actor=cast.owner, name="x", scopes=["read:data"], networks=[text]
        )
    assert set(refused.value.fields) == {"networks"}
