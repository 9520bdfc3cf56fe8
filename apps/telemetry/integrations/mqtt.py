"""The MQTT side of the ingest: a consumer that acknowledges only what it is told was committed."""

from __future__ import annotations

import queue
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from apps.core import clock
from apps.telemetry.integrations.mqtt_stream import Client, Publication

logger = structlog.get_logger(__name__)
Kind = TypeVar("Kind", bound=mqtt.Client)
TOPIC = "application/+/device/+/event/+"
#: As long as the shipped broker keeps a session at most (``persistent_client_expiration``).
SESSION_SECONDS = 14 * 24 * 3600
RECEIVE_MAXIMUM = 2000
#: Seconds after which the ingest first tries to come back to a broker that went; then longer each time.
BACK_AFTER = 0.05
#: Seconds after which a subscription that the broker refused is asked for again.
ASK_AGAIN = 15.0


class Delivery(NamedTuple):
    """A message and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    received_at: datetime
    mid: int
    qos: int
    connection: int


@dataclass(frozen=True)
class Broker:
    """Where the broker is and who we are there."""

    url: str
    username: str = ""
    password: str = ""


def client_for(broker: Broker, client_id: str, kind: type[Kind]) -> Kind:
    """An MQTT 5 client with manual acknowledgement, not yet connected."""
    client = kind(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    if urlsplit(broker.url).scheme == "mqtts":
        client.tls_set()
    client.reconnect_delay_set(min_delay=1, max_delay=15)
    return client


def connect(client: mqtt.Client, broker: Broker) -> None:
    """Begin to connect; the broker keeps the session for two weeks (clean_start false)."""
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
    """One slot of an ingest. ``batch`` gives messages, ``acknowledge`` lets the broker forget.

    Of several ``slots`` each is one of a shared subscription; the only one has a plain subscription. After
    a restart Mosquitto (2.0.11) keeps messages for plain subscriptions at once, for shared ones not before
    a client of theirs is back; which is why a client comes back within moments.
    """

    #: The broker granted the subscription of this connection.
    connected = False
    #: When a refused subscription is asked for again, in monotonic seconds.
    _again: float | None = None

    def __init__(self, broker: Broker, *, group: str, slot: str, slots: int = 1) -> None:
        shared = f"$share/{group}/{TOPIC}"
        self.subscription, self.other = (shared, TOPIC) if slots > 1 else (TOPIC, shared)
        self.queue: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self.client = client_for(broker, f"{group}-{slot}", Client)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = self._on_disconnect
        self.client.on_publications = self._on_publications
        self.client.reconnect_delay_set(BACK_AFTER, 15)  # type: ignore[arg-type]
        connect(self.client, broker)
        self.client.loop_start()

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            logger.error("mqtt_refused", reason=str(reason))
            return
        client.subscribe(self.subscription, qos=1)
        client.unsubscribe(self.other)
        logger.info("mqtt_connected", session_present=bool(flags.session_present))

    def _on_subscribe(self, client: mqtt.Client, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        self.connected = not any(reason.is_failure for reason in reasons)
        self._again = None if self.connected else time.monotonic() + ASK_AGAIN
        if not self.connected:
            logger.error("mqtt_subscription_refused", topic=self.subscription, reason=str(reasons[0]))

    def _on_disconnect(
        self, client: mqtt.Client, data: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self.connected, self._again = False, None
        logger.warning("mqtt_disconnected", reason=str(reason))

    def _on_publications(self, publications: list[Publication]) -> None:
        now, connection = clock.now(), self.client.connection
        for topic, payload, mid, qos in publications:
            self.queue.put(Delivery(topic, payload, now, mid, qos, connection))

    def batch(self, *, size: int, linger: float, wait: float) -> list[Delivery]:
        """Up to ``size`` messages: waits ``wait`` seconds for the first, then ``linger`` for more."""
        try:
            found = [self.queue.get(timeout=wait)]
        except queue.Empty:
            self._ask_again()
            return []
        deadline = time.monotonic() + linger
        while len(found) < size:
            left = deadline - time.monotonic()
            try:
                found.append(self.queue.get(timeout=left) if left > 0 else self.queue.get_nowait())
            except queue.Empty:
                break
        return found

    def _ask_again(self) -> None:
        """Someone who mends the broker's rules need not start the ingest anew."""
        if self._again is not None and time.monotonic() >= self._again:
            self._again = None
            self.client.subscribe(self.subscription, qos=1)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that ``deliveries`` are stored."""
        mids: dict[int, list[int]] = defaultdict(list)
        for delivery in deliveries:
            if delivery.qos:
                mids[delivery.connection].append(delivery.mid)
        for connection, some in mids.items():
            self.client.acknowledge(some, connection)

    def close(self) -> None:
        """Leave; what was not acknowledged comes again to the next connection of this slot."""
        self.client.disconnect()
        self.client.loop_stop()
