"""Keys at the door of the API, and what a key is told of itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create, api_key_revoke, api_key_rotate, personal_key_create
from apps.apikeys.models import ApiKey, ApiUsage
from apps.core import clock
from apps.core.clock import TOKYO
from tests.cast import Cast
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
SCOPES = ["read:data", "read:devices"]


@pytest.fixture
def made(cast: Cast) -> tuple[ApiKey, str]:
    return api_key_create(
        organization=cast.organization, actor=cast.owner, name="集計", scopes=SCOPES, networks=["10.0.0.0/8"]
    )


def ask(token: str, name: str = "api-key", address: str = "10.1.2.3", **extra: Any) -> Any:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "REMOTE_ADDR": address, **extra}
    return Client().get(reverse(name), **headers)


def test_a_key_is_told_of_itself(cast: Cast, made: tuple[ApiKey, str]) -> None:
    key, token = made
    trial = TrialFactory.create(organization=cast.organization)
    key.trials.set([trial])
    today = clock.now().astimezone(TOKYO).date()
    ApiUsage.objects.create(key=key, day=today, source="a", calls=7, refused=1)
    ApiUsage.objects.create(key=key, day=today, source="b", calls=5)
    ApiUsage.objects.create(key=key, day=today - timedelta(days=30), source="a", calls=99)
    body = ask(token).json()
    assert (body["name"], body["kind"], body["begins_with"]) == ("集計", "organization", f"mty_{key.lookup}")
    assert (body["scopes"], body["trials"], body["networks"]) == (SCOPES, [trial.code], ["10.0.0.0/8"])
    assert (body["organization"], body["replaced"]) == (cast.organization.name, False)
    assert [(row["name"], row["remaining"]) for row in body["limits"]] == [
        ("key", 599),
        ("organization", 2999),
        ("day", 199999),
    ]
    assert body["usage"][0] == {"day": f"{today}", "calls": 12, "refused": 1}
    assert len(body["usage"]) == 30
    assert sum(row["calls"] for row in body["usage"]) == 12
    assert token.split("_")[2][:12] not in str(body)


def test_the_own_information_asks_few_questions(made: tuple[ApiKey, str], django_assert_num_queries) -> None:
    ask(made[1])
    with django_assert_num_queries(8):  # key, organization, trials, replacement, calls, days, refused twice
        ask(made[1])


def test_a_key_that_was_replaced_says_so(cast: Cast, made: tuple[ApiKey, str]) -> None:
    key, token = made
    api_key_rotate(key=key, actor=cast.owner, overlap=timedelta(hours=1))
    assert ask(token).json()["replaced"] is True


def test_another_network_is_refused_in_words_and_with_a_code(made: tuple[ApiKey, str]) -> None:
    answer = ask(made[1], address="198.51.100.7")
    assert (answer.status_code, answer.json()["code"]) == (403, "key_network")
    assert "198.51.100.7" in answer.json()["detail"]


def test_a_cookie_never_opens_the_api(cast: Cast, made: tuple[ApiKey, str]) -> None:
    client = Client()
    client.force_login(cast.owner)
    for name in ("api-key", "api-device-list"):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    client.cookies["Authorization"] = f"Bearer {made[1]}"
    assert client.get(reverse("api-key")).status_code == 401


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "x"])
def test_a_key_in_the_address_is_refused_and_said_to_be_lost(name: str, made: tuple[ApiKey, str]) -> None:
    for headers in ({}, {"Authorization": f"Bearer {made[1]}"}):
        answer = Client(headers=headers, REMOTE_ADDR="10.0.0.1").get(reverse("api-key"), {name: made[1]})
        assert (answer.status_code, answer.json()["code"]) == (401, "key_in_address")


def test_a_revoked_key_is_refused_by_the_next_call(cast: Cast, made: tuple[ApiKey, str]) -> None:
    assert ask(made[1]).status_code == 200
    api_key_revoke(key=made[0], actor=cast.owner)
    answer = ask(made[1])
    assert (answer.status_code, answer.json()["code"]) == (401, "key_revoked")


def test_a_persons_key_reads_what_is_public_and_nothing_else(cast: Cast) -> None:
    _key, token = personal_key_create(person=cast.stranger, name="開いたデータ")
    public = ask(token, "api-trial-list")
    assert public.status_code == 200
    assert '"person";q=600' in public["RateLimit-Policy"]
    private = ask(token, "api-device-list")
    assert (private.status_code, private.json()["code"]) == (403, "key_personal")
    body = ask(token).json()
    assert (body["organization"], body["kind"], body["scopes"]) == (None, "personal", ["read:open"])


def test_the_last_use_is_noted_with_network_and_program(made: tuple[ApiKey, str]) -> None:
    ask(made[1], HTTP_USER_AGENT="python-requests/2.32")
    made[0].refresh_from_db()
    assert made[0].last_used_at is not None
    assert (made[0].last_used_from, made[0].last_used_agent) == ("10.1.2.0/24", "python-requests/2.32")


def test_a_call_writes_nothing_but_now_and_then(made: tuple[ApiKey, str], django_assert_num_queries) -> None:
    ask(made[1], "api-device-list")
    with django_assert_num_queries(3) as asked:  # key, its trials, devices
        ask(made[1], "api-device-list")
    assert not [row["sql"] for row in asked.captured_queries if not row["sql"].startswith("SELECT")]
