"""The MQTT side of the ingest: a consumer that acknowledges only what it is told was committed."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from apps.core import clock

logger = structlog.get_logger(__name__)
TOPIC = "application/+/device/+/event/+"
SESSION_SECONDS = 7 * 24 * 3600
RECEIVE_MAXIMUM = 2000


@dataclass(frozen=True)
class Delivery:
    """A message and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    received_at: datetime
    mid: int
    qos: int


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are there."""

    url: str
    username: str = ""
    password: str = ""


def client_for(broker: Broker, client_id: str) -> mqtt.Client:
    """An MQTT 5 client with manual acknowledgement, not yet connected."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True
    )
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    if urlsplit(broker.url).scheme == "mqtts":
        client.tls_set()
    client.reconnect_delay_set(min_delay=1, max_delay=15)
    return client


def connect(client: mqtt.Client, broker: Broker) -> None:
    """Begin to connect; the session is kept by the broker for a week (clean_start false)."""
    url = urlsplit(broker.url)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_SECONDS
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    client.connect_async(
        url.hostname or "127.0.0.1",
        url.port or 1883,
        keepalive=30,
        clean_start=False,
        properties=properties,
    )


class Consumer:
    """One slot of a shared subscription. ``batch`` gives messages, ``acknowledge`` lets the broker forget."""

    def __init__(self, broker: Broker, *, group: str, slot: str) -> None:
        self.subscription = f"$share/{group}/{TOPIC}"
        self.queue: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self.connected = False
        self.client = client_for(broker, f"{group}-{slot}")
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        connect(self.client, broker)
        self.client.loop_start()

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            logger.error("mqtt_refused", reason=str(reason))
            return
        self.connected = True
        client.subscribe(self.subscription, qos=1)
        logger.info("mqtt_connected", session_present=bool(flags.session_present))

    def _on_disconnect(
        self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self.connected = False
        logger.warning("mqtt_disconnected", reason=str(reason))

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        self.queue.put(Delivery(message.topic, bytes(message.payload), clock.now(), message.mid, message.qos))

    def batch(self, *, size: int, linger: float, wait: float) -> list[Delivery]:
        """Up to ``size`` messages: waits ``wait`` seconds for the first, then ``linger`` for more."""
        try:
            found = [self.queue.get(timeout=wait)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + linger
        while len(found) < size:
            left = deadline - time.monotonic()
            try:
                found.append(self.queue.get(timeout=left) if left > 0 else self.queue.get_nowait())
            except queue.Empty:
                break
        return found

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that ``deliveries`` are stored."""
        for delivery in deliveries:
            if delivery.qos:
                self.client.ack(delivery.mid, delivery.qos)

    def close(self) -> None:
        """Leave; what was not acknowledged comes again to the next connection of this slot."""
        self.client.disconnect()
        self.client.loop_stop()
