"""Webhooks by API: the same acts as on the pages, in the limits of the key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.apikeys.domain import api_key_create
from apps.apikeys.enums import Scope
from apps.core import clock
from apps.telemetry.domain.webhooks import MOST, webhook_change
from apps.telemetry.enums import WebhookState
from apps.telemetry.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from tests.cast import Cast
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory, message

pytestmark = pytest.mark.django_db
NEW = {"name": "x", "url": "https://a.example/x", "kinds": ["uplink"]}


class Api:
    def __init__(self, cast: Cast, **more: Any) -> None:
        _key, token = api_key_create(
            organization=cast.organization, actor=cast.owner, name="k", scopes=[Scope.WEBHOOKS], **more
        )
        self._client, self._token = Client(), token

    def __call__(self, method: str, name: str, *args: Any, data: Any = None) -> Any:
        path = name if "/" in name else reverse(f"api-webhook-{name}", args=args)
        more = {"data": data, "content_type": "application/json"} if data is not None else {}
        call = getattr(self._client, method)
        return call(path, headers={"authorization": f"Bearer {self._token}"}, **more)


@pytest.fixture
def api(cast: Cast) -> Api:
    return Api(cast)


def test_make_change_replace_the_secret_and_remove(cast: Cast, api: Api) -> None:
    trial = TrialFactory.create(organization=cast.organization)
    made = api("post", "list", data={**NEW, "trials": [trial.code]})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made["Cache-Control"] == "no-store"
    pk = made.json()["id"]
    assert made["Location"] == reverse("api-webhook-detail", args=[pk])
    told = api("get", "detail", pk).json()
    assert (told["trials"], told["state"], "secret" in told) == ([trial.code], "new", False)
    changed = api("patch", "detail", pk, data={"active": False, "kinds": ["event", "alert"], "trials": []})
    assert (changed.json()["state"], changed.json()["kinds"]) == ("off", ["event", "alert"])
    assert (changed.json()["trials"], changed.json()["url"]) == ([], NEW["url"])
    assert api("post", "test", pk).json()["code"] == "webhook_off"
    secret = api("post", "secret", pk, data={"overlap_hours": 1}).json()["secret"]
    assert secret != made.json()["secret"]
    assert api("delete", "detail", pk).status_code == 204
    assert api("get", "detail", pk).status_code == 404


def test_two_who_change_different_things_at_once_undo_nothing_of_each_other(cast: Cast) -> None:
    endpoint = EndpointFactory.create(organization=cast.organization, url=NEW["url"])
    trial = TrialFactory.create(organization=cast.organization)
    first, second = (WebhookEndpoint.objects.get(pk=endpoint.pk) for _ in range(2))
    webhook_change(endpoint=first, actor=None, url="https://b.example/", trials=[trial])
    changed = webhook_change(endpoint=second, actor=None, name="別の名前")
    assert (changed.url, changed.name, list(changed.trials.all())) == (
        "https://b.example/",
        "別の名前",
        [trial],
    )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"url": "https://192.168.0.1/"}, "/url"), ({"url": "x"}, "/url"), ({"kinds": ["x"]}, "/kinds/0"),
        ({"kinds": []}, "/kinds"), ({"trials": ["2099-999"]}, "/trials"), ({"nmae": "x"}, "/nmae"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told_with_its_place(api: Api, changes: Any, pointer: str) -> None:
    answer = api("post", "list", data={**NEW, **changes})
    assert answer.status_code == 422
    assert [row["pointer"] for row in answer.json()["errors"]] == [pointer]


def test_a_key_limited_to_trials_keeps_to_them(cast: Cast) -> None:
    mine, other = (TrialFactory.create(organization=cast.organization) for _ in range(2))
    limited = Api(cast, trials=[mine])
    seen, wide, both, apart = (EndpointFactory.create(organization=cast.organization) for _ in range(4))
    seen.trials.set([mine])
    both.trials.set([mine, other])
    apart.trials.set([other])
    assert [row["id"] for row in limited("get", "list").json()["results"]] == [str(seen.pk)]
    for hidden in (wide, both, apart):
        assert limited("get", "detail", hidden.pk).status_code == 404
    assert limited("post", "list", data=NEW).status_code == 422
    assert limited("post", "list", data={**NEW, "trials": [other.code]}).status_code == 422
    assert limited("post", "list", data={**NEW, "trials": [mine.code]}).status_code == 201
    assert limited("patch", "detail", seen.pk, data={"trials": []}).status_code == 422


def test_the_log_and_sending_again(cast: Cast, api: Api) -> None:
    now = clock.now()
    endpoint = EndpointFactory.create(organization=cast.organization)
    row = message(endpoint, now - timedelta(hours=1), state=WebhookState.FAILED, attempts=1)
    WebhookAttempt.objects.create(message=row, number=1, at=now, took_ms=5, status=None, error="timeout")
    assert [one["id"] for one in api("get", "messages", endpoint.pk).json()["results"]] == [str(row.pk)]
    whole = api("get", "message", endpoint.pk, row.pk).json()
    assert (whole["body"], whole["tries"][0]["error"]) == ('{"type":"uplink"}', "timeout")
    again = api("post", "message-replay", endpoint.pk, row.pk).json()
    assert (again["replay_of"], again["state"]) == (str(row.pk), "waiting")
    stretch = {"since": (now - timedelta(days=1)).isoformat(), "until": now.isoformat(), "dry_run": True}
    assert api("post", "replay", endpoint.pk, data=stretch).json() == {"messages": 0, "sent": False}
    WebhookMessage.objects.filter(pk=again["id"]).update(state=WebhookState.FAILED)
    assert api("post", "replay", endpoint.pk, data=stretch).json() == {"messages": 1, "sent": False}
    assert endpoint.messages.count() == 2
    sent = api("post", "replay", endpoint.pk, data={**stretch, "dry_run": False}).json()
    assert sent == {"messages": 1, "sent": True}
    assert api("post", "test", endpoint.pk).status_code == 202
    assert endpoint.messages.count() == 4
    assert api("post", "replay", endpoint.pk, data={**stretch, "dry_run": False}).json()["messages"] == 0
    page = api("get", reverse("api-webhook-messages", args=[endpoint.pk]) + "?limit=1&state=waiting").json()
    assert len(page["results"]) == 1
    assert len(api("get", page["next"]).json()["results"]) == 1
    backwards = {"since": now.isoformat(), "until": now.isoformat()}
    assert api("post", "replay", endpoint.pk, data=backwards).status_code == 422


def test_there_are_so_many_at_most(cast: Cast, api: Api) -> None:
    EndpointFactory.create_batch(MOST, organization=cast.organization)
    answer = api("post", "list", data=NEW)
    assert (answer.status_code, answer.json()["code"], answer.json()["limit"]) == (409, "webhooks_full", MOST)
    assert WebhookEndpoint.objects.count() == MOST


@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_the_same_number_of_questions(
    cast: Cast, api: Api, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        endpoint = EndpointFactory.create(organization=cast.organization)
    for _ in range(number):
        message(endpoint)
    api("get", "list")
    with django_assert_num_queries(4):
        api("get", "list")
    with django_assert_num_queries(4):
        api("get", "messages", endpoint.pk)
