"""What a batch stored is kept for those who listen, once, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.news import listener_set
from apps.telemetry.models import DeviceEvent, News, Uplink
from tests.factories.devices import DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner() as runner:
        yield runner


def message(device: Device, kind: str = "up", **changes: Any) -> Incoming:
    return Incoming(topic_of(device, kind), encoded(uplink_event(device, **changes)), clock.now())


def test_news_are_kept_for_who_listens_and_only_of_what_is_new(runner: CodecRunner) -> None:
    heard, other = DeviceFactory.create(model=None), DeviceFactory.create(model=None)
    listener_set(organization=heard.organization, webhooks=True)
    listener_set(organization=other.organization, alerts=False)
    messages = [message(heard, f_cnt=1), message(heard, f_cnt=2), message(heard, "join"), message(other)]
    store_batch(messages=messages, runner=runner)
    store_batch(messages=messages, runner=runner)
    news = News.objects.get()
    assert news.organization == heard.organization
    stored = Uplink.objects.filter(device_id=heard.pk)
    assert sorted(one for one, _time in news.uplinks) == sorted(str(row.deduplication_id) for row in stored)
    assert [one for one, _time in news.events] == [str(DeviceEvent.objects.get().event_id)]


def test_a_listener_changes_only_what_is_said() -> None:
    organization = DeviceFactory.create(model=None).organization
    listener_set(organization=organization, webhooks=True, alerts=True)
    listener = listener_set(organization=organization, alerts=False)
    assert (listener.webhooks, listener.alerts, listener.topics) == (True, False, False)
