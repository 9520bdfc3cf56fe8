"""News become messages: for whom, of what, how large; once, wherever a process dies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import following, partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.following import Fresh, news_follow
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.news import listener_set
from apps.telemetry.domain.over_quota import over_quota_decode
from apps.telemetry.domain.webhooks import webhook_queue
from apps.telemetry.enums import NewsKind
from apps.telemetry.models import News, Uplink, WebhookEndpoint, WebhookMessage
from apps.telemetry.rules.webhook_body import MOST_BYTES, bodies_of
from apps.trials.enums import QuotaKind
from tests.concurrency import at_once
from tests.factories.devices import DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory

pytestmark = pytest.mark.django_db
NOW = clock.now()


@pytest.fixture
def device() -> Device:
    device = DeviceFactory.create(model=None)
    listener_set(organization=device.organization, webhooks=True)
    return device


@pytest.fixture(autouse=True)
def _nobody_rests() -> Iterator[None]:
    following._resting.clear()
    partitions.forget()
    yield
    following._resting.clear()


def store(*messages: Incoming) -> None:
    with CodecRunner() as runner:
        store_batch(messages=list(messages), runner=runner)


def sent(device: Device, kind: str = "up", **changes: Any) -> Incoming:
    return Incoming(topic_of(device, kind), encoded(uplink_event(device, **changes)), clock.now())


def bodies(endpoint: WebhookEndpoint) -> list[Any]:
    return [json.loads(bytes(row.body)) for row in endpoint.messages.order_by("made_at", "pk")]


def test_a_batch_becomes_one_message_of_each_kind(device: Device) -> None:
    endpoint = EndpointFactory.create(organization=device.organization)
    store(sent(device, f_cnt=1), sent(device, f_cnt=2), sent(device, "join"))
    assert news_follow() == 1
    readings, events = sorted(bodies(endpoint), key=lambda body: body["type"], reverse=True)
    assert (readings["type"], events["type"]) == ("uplink", "event")
    assert [one["f_cnt"] for one in readings["data"]["uplinks"]] == [1, 2]
    first = readings["data"]["uplinks"][0]
    assert first["device"]["dev_eui"] == device.dev_eui
    assert first["device"]["trial"] == device.trial.code
    assert first["data_hex"] == "78"
    assert first["rx"][0]["gatewayId"] == "0016c001f153a14c"
    assert events["data"]["events"][0]["kind"] == "join"
    assert not News.objects.exists()
    assert news_follow() == 0


def test_only_who_asked_for_this_kind_and_trial_is_told(device: Device) -> None:
    own, other = device.organization, TrialFactory.create(organization=device.organization)
    same = EndpointFactory.create(organization=own, kinds=["uplink"])
    same.trials.set([device.trial])
    elsewhere = EndpointFactory.create(organization=own)
    elsewhere.trials.set([other])
    alerts = EndpointFactory.create(organization=own, kinds=["alert"])
    off = EndpointFactory.create(organization=own, is_active=False)
    stranger = EndpointFactory.create()
    store(sent(device), sent(device, "join"))
    news_follow()
    assert [row.endpoint for row in WebhookMessage.objects.all()] == [same]
    count = webhook_queue(organization=own, kind=NewsKind.ALERT, data={"x": 1}, now=NOW, trial=other.pk)
    assert count == 2
    assert bodies(alerts) == bodies(elsewhere) != []
    assert not off.messages.exists()
    assert not stranger.messages.exists()


def test_messages_stay_under_the_limit_and_say_what_was_left_out() -> None:
    rx = [{"gatewayId": f"{n:016x}", "context": "x" * 200} for n in range(200)]
    items: list[dict[str, Any]] = [{"n": n, "values": {"level": 1}, "rx": rx[:8]} for n in range(30)]
    items.insert(3, {"n": 99, "values": {"level": 1}, "rx": rx})
    items.insert(5, {"n": 98, "values": {"text": "あ" * 9_000}, "rx": rx})
    made = list(bodies_of(kind="uplink", name="uplinks", items=items, frame={"organization": "x"}, at=NOW))
    assert all(len(body) <= MOST_BYTES for body in made)
    told = [one for body in made for one in json.loads(body)["data"]["uplinks"]]
    assert [one["n"] for one in told] == [item["n"] for item in items]
    cut = {one["n"]: one["left_out"] for one in told if "left_out" in one}
    assert cut == {99: ["rx"], 98: ["rx", "values"]}


def test_nothing_is_told_twice_or_lost_when_a_follower_fails(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DeviceFactory.create(model=None)
    for one in (device, other):
        listener_set(organization=one.organization, webhooks=True, alerts=True)
    bad, good = (EndpointFactory.create(organization=one.organization) for one in (device, other))
    store(sent(device), sent(other))

    def failing(*, fresh: Fresh, now: Any) -> int:
        if fresh.organization_id == device.organization_id:
            raise ValueError("odd")
        return 0

    before = following.FOLLOWERS
    monkeypatch.setattr(following, "FOLLOWERS", {**before, "alerts": failing})
    assert news_follow(now=NOW) == 1
    assert news_follow(now=NOW) == 0
    assert (bad.messages.count(), good.messages.count()) == (0, 1)
    monkeypatch.setattr(following, "FOLLOWERS", before)
    assert news_follow(now=NOW + timedelta(minutes=1)) == 1
    assert bad.messages.count() == 1


def test_news_of_what_was_deleted_are_simply_gone(device: Device) -> None:
    endpoint = EndpointFactory.create(organization=device.organization)
    store(sent(device))
    Uplink.objects.all().delete()
    News.objects.create(
        organization=device.organization, made_at=NOW, uplinks=[[str(uuid.uuid4()), NOW.isoformat()]]
    )
    assert news_follow() == 2
    assert not endpoint.messages.exists()


@pytest.mark.django_db(transaction=True)
def test_two_couriers_share_the_news(device: Device) -> None:
    endpoint = EndpointFactory.create(organization=device.organization)
    for n in range(6):
        store(sent(device, f_cnt=n))
    done = at_once([lambda: news_follow(limit=3)] * 4)
    assert sum(done) + news_follow() == 6
    told = [one["f_cnt"] for body in bodies(endpoint) for one in body["data"]["uplinks"]]
    assert sorted(told) == list(range(6))


def test_what_is_over_the_day_s_number_is_told_once_it_is_decoded() -> None:
    trial = TrialFactory.create(messages=1)
    device = DeviceFactory.create(trial=trial, model=None)
    listener_set(organization=device.organization, webhooks=True)
    endpoint = EndpointFactory.create(organization=device.organization, kinds=["uplink"])
    store(sent(device, f_cnt=1), sent(device, f_cnt=2))
    news_follow()
    assert [one["f_cnt"] for body in bodies(endpoint) for one in body["data"]["uplinks"]] == [1]
    trial.quotas.filter(kind=QuotaKind.MESSAGES).update(granted=10)
    with CodecRunner() as runner:
        assert over_quota_decode(trial_id=trial.pk, runner=runner) == 1
    assert news_follow() == 1
    assert [one["f_cnt"] for body in bodies(endpoint) for one in body["data"]["uplinks"]] == [1, 2]
