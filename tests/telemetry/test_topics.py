"""Data over MQTT, on a real broker with dynamic security: who may listen to what, and until when."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from django.conf import settings
from paho.mqtt.enums import CallbackAPIVersion

from apps.apikeys.domain import api_key_create, api_key_revoke
from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions, topics
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.following import news_follow
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.integrations import mqtt as ingest_side
from apps.telemetry.integrations.mqtt import Broker, Consumer
from apps.telemetry.integrations.topics import TopicsAway, TopicsBroker, TopicsClient
from apps.telemetry.models import Listener, News
from tests.factories.devices import DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event

pytestmark = pytest.mark.django_db
#: For what comes at once, however busy the machine is.
SECONDS = 60


class Client:
    """A company's program."""

    def __init__(self, username: str, password: str) -> None:
        self.messages: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.connected: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.granted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.gone = threading.Event()
        url = urlsplit(settings.TOPICS_URL)
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self.client.username_pw_set(username, password)
        self.client.on_connect = lambda _c, _d, _f, reason, _p: self.connected.put(not reason.is_failure)
        self.client.on_subscribe = lambda _c, _d, _m, reasons, _p: self.granted.put(not reasons[0].is_failure)
        self.client.on_message = lambda _c, _d, message: self.messages.put(
            (message.topic, json.loads(message.payload))
        )
        self.client.on_disconnect = lambda *_given: self.gone.set()
        self.client.connect(url.hostname or "", url.port or 0)
        self.client.loop_start()
        self.let_in = self.connected.get(timeout=SECONDS)

    def may_listen_to(self, topic: str) -> bool:
        self.client.subscribe(topic, qos=1)
        return self.granted.get(timeout=SECONDS)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(scope="module")
def broker() -> Iterator[TopicsBroker]:
    broker = TopicsBroker(Broker(settings.TOPICS_URL, settings.TOPICS_USERNAME, settings.TOPICS_PASSWORD))
    broker.wait()
    broker.prepare(settings.TOPICS_USERNAME)
    yield broker
    for name in broker.clients():
        broker.shut_out(name)
    broker.close()


@pytest.fixture
def devices() -> tuple[Device, Device]:
    return DeviceFactory.create(model=None), DeviceFactory.create(model=None)


def key_of(device: Device, **more: Any) -> ApiKey:
    given = {"name": "受信", "scopes": [Scope.MQTT], **more}
    return api_key_create(organization=device.organization, actor=None, **given)[0]


def listening(key: ApiKey) -> Client:
    return Client(topics.topics_username(key), topics.topics_password(key))


def test_topics_of_another_organization_are_refused(
    broker: TopicsBroker, devices: tuple[Device, Device]
) -> None:
    own, other = devices
    key, narrow = key_of(own), key_of(own, trials=[own.trial])
    key_of(other)
    key_of(own, scopes=[Scope.READ_DATA])
    assert topics.topics_sync(broker=broker).made == 3
    assert topics.topics_sync(broker=broker) == topics.Synced()
    root = f"machitry/{own.organization_id}"
    for one, topic, answer in (
        (key, f"{root}/#", True),
        (key, f"{root}/{own.trial.code}/+/up", True),
        (narrow, f"{root}/{own.trial.code}/#", True),
        (narrow, f"{root}/#", False),
        (key, f"machitry/{other.organization_id}/#", False),
        (key, "machitry/#", False),
        (key, "#", False),
        (key, "$CONTROL/dynamic-security/v1/response", False),
    ):
        client = listening(one)
        assert client.let_in
        assert client.may_listen_to(topic) is answer, topic
        client.close()
    assert not Client(topics.topics_username(key), "guessed").let_in


def test_what_devices_send_arrives_until_the_key_is_revoked(
    broker: TopicsBroker, devices: tuple[Device, Device]
) -> None:
    own, other = devices
    key = key_of(own)
    topics.topics_sync(broker=broker)
    assert Listener.objects.get(topics=True).organization_id == own.organization_id
    client = listening(key)
    assert client.may_listen_to(f"machitry/{own.organization_id}/#")
    partitions.forget()
    with CodecRunner() as runner:
        messages = [
            Incoming(topic_of(one), encoded(uplink_event(one, data=b"\x78", f_cnt=7)), clock.now())
            for one in (own, other)
        ]
        store_batch(messages=messages, runner=runner)
    topics.outlet_set(broker)
    try:
        assert news_follow() == 1
    finally:
        topics.outlet_set(None)
    assert not News.objects.exists()
    topic, body = client.messages.get(timeout=SECONDS)
    assert topic == f"machitry/{own.organization_id}/{own.trial.code}/{own.dev_eui}/up"
    assert (body["data_hex"], body["f_cnt"], body["device"]["id"]) == ("78", 7, str(own.pk))
    api_key_revoke(key=key, actor=None)
    assert topics.topics_sync(broker=broker).removed == 1
    assert client.gone.wait(SECONDS)
    assert not listening(key).let_in
    assert not Listener.objects.filter(topics=True).exists()


def test_a_listener_cannot_publish(broker: TopicsBroker, devices: tuple[Device, Device]) -> None:
    key = key_of(devices[0])
    topics.topics_sync(broker=broker)
    liar, listener = listening(key), listening(key)
    topic = f"machitry/{devices[0].organization_id}/made/up"
    assert listener.may_listen_to(topic)
    liar.client.publish(topic, b"{}", qos=1).wait_for_publish(SECONDS)
    broker.publish([(topic, b'{"true": 1}')])
    assert listener.messages.get(timeout=SECONDS) == (topic, {"true": 1})
    assert listener.messages.empty()
    liar.close()
    listener.close()


def test_an_expired_key_is_shut_out(broker: TopicsBroker, devices: tuple[Device, Device]) -> None:
    now = clock.now()
    key_of(devices[0], expires_at=now + timedelta(hours=1))
    assert topics.topics_sync(broker=broker, now=now).made == 1
    assert topics.topics_sync(broker=broker, now=now + timedelta(hours=2)).removed == 1


def test_a_broker_that_is_away_holds_up_nobody(devices: tuple[Device, Device]) -> None:
    away = TopicsBroker(Broker("mqtt://127.0.0.1:9", "portal", "-"))
    with pytest.raises(TopicsAway):
        topics.topics_sync(broker=away)
    away.close()


def test_the_courier_lets_new_keys_in_by_itself(
    broker: TopicsBroker, devices: tuple[Device, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics.TopicsKeeper, "EVERY", 0)
    keeper = topics.TopicsKeeper()
    try:
        keeper._broker.wait()
        key = key_of(devices[0])
        keeper.tick()
        assert set(broker.clients()) == {topics.topics_username(key)}
    finally:
        keeper.close()


class Watched(Consumer):
    """An ingest's client that tells what the broker answered."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        super().__init__(*given, **named)

    def _on_subscribe(self, *given: Any) -> None:
        super()._on_subscribe(*given)
        self.answers.put(self.connected)

    def answer(self) -> bool:
        """The next answer, while it takes messages as the ingest does."""
        deadline = time.monotonic() + SECONDS
        while self.answers.empty() and time.monotonic() < deadline:
            self.batch(size=1, linger=0, wait=0.05)
        return self.answers.get_nowait()


def test_an_ingest_that_may_not_listen_says_so_and_asks_again(
    broker: TopicsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_side, "ASK_AGAIN", 0.05)
    name = f"ingest-{uuid.uuid4().hex[:8]}"
    broker.let_in(TopicsClient(name, "secret", frozenset()))
    consumer = Watched(Broker(settings.TOPICS_URL, name, "secret"), group=name, slot="0")
    try:
        assert [consumer.answer(), consumer.answer()] == [False, False]
        assert not consumer.connected
        broker.let_in(TopicsClient(name, "secret", frozenset({"application/#"})))
        while not consumer.answer():
            pass
        assert consumer.connected
    finally:
        consumer.close()
        broker.shut_out(name)
