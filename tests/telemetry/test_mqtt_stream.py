"""The stream of MQTT packets, taken apart by us; paho's own reading is what it is held against."""

from __future__ import annotations

import random
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from apps.telemetry.integrations.mqtt_stream import (
    Client,
    MalformedStream,
    Packet,
    Publication,
    acknowledgements,
    packets_in,
    publication_of,
)


class _Line:
    """A socket that gives what was put into it, in pieces of the sizes asked for."""

    def __init__(self, data: bytes, sizes: random.Random | None = None) -> None:
        self.data, self.sizes, self.sent = data, sizes, b""

    def recv(self, most: int) -> bytes:
        if not self.data:
            raise BlockingIOError
        size = min(most, self.sizes.randint(1, 400)) if self.sizes else most
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def close(self) -> None: ...


def _published(*messages: tuple[str, bytes, int]) -> bytes:
    """What paho itself writes when it publishes them, with properties that a broker passes on."""
    writer = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    writer.max_inflight_messages_set(1_000)
    writer._sock = line = _Line(b"")  # type: ignore[assignment]
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = 60
    properties.UserProperty = [("origin", "x" * 200)]
    for topic, payload, qos in messages:
        writer.publish(topic, payload, qos, properties=properties if len(payload) % 2 else None)
        writer.loop_write()
    return line.sent


def _messages(count: int) -> list[tuple[str, bytes, int]]:
    luck = random.Random(count)
    sizes = (0, 1, 2, 90, 130, 1_200, 17_000, 70_000)
    return [
        (f"application/a/device/{n:016x}/event/up", luck.randbytes(luck.choice(sizes)), 1)
        for n in range(count)
    ]


def _client(data: bytes, sizes: random.Random | None) -> tuple[Client, list[Publication]]:
    client = Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, manual_ack=True)
    client._sock = _Line(data, sizes)  # type: ignore[assignment]
    found: list[Publication] = []
    client.on_publications = found.extend
    return client, found


def _read_all(client: mqtt.Client) -> MQTTErrorCode:
    line: Any = client._sock
    result = MQTTErrorCode.MQTT_ERR_SUCCESS
    while line.data and not result:
        result = client.loop_read()
    return result


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_every_message_arrives_as_it_was_sent_in_whatever_pieces(seed: int | None) -> None:
    messages = [*_messages(60), ("low", b"of no quality", 0)]
    sizes = None if seed is None else random.Random(seed)
    client, found = _client(_published(*messages), sizes)
    assert _read_all(client) == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert [(one.topic, one.payload, one.qos) for one in found] == messages
    assert [one.mid for one in found] == [*range(1, 61), 0]


def test_paho_itself_reads_the_same() -> None:
    messages = _messages(20)
    theirs = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, manual_ack=True)
    theirs._sock = _Line(_published(*messages))  # type: ignore[assignment]
    read: list[tuple[Any, ...]] = []
    theirs.on_message = lambda _client, _data, one: read.append((one.topic, one.payload, one.mid, one.qos))
    _read_all(theirs)
    client, found = _client(_published(*messages), None)
    _read_all(client)
    assert read == [tuple(one) for one in found]


def test_other_packets_are_handled_by_paho_between_the_messages() -> None:
    """PINGRESP and SUBACK stand between two messages: nothing is lost on either side."""
    subscribed: list[int] = []
    ping, suback = b"\xd0\x00", b"\x90\x04\x00\x07\x00\x01"
    first, second = _published(("a", b"1", 1)), _published(("b", b"2", 1))
    client, found = _client(first + ping + suback + second, random.Random(4))
    client.on_subscribe = lambda *given: subscribed.append(given[2])
    client._ping_t = 5.0
    _read_all(client)
    assert [one.payload for one in found] == [b"1", b"2"]
    assert subscribed == [7]
    assert client._ping_t == 0


def test_a_topic_that_is_not_text_arrives_all_the_same() -> None:
    """It becomes a dead letter; refused, it would come again with every connection."""
    data = b"\x32\x08\x00\x02\xff\xfe\x00\x05\x00x"
    client, found = _client(data, None)
    assert _read_all(client) == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert found == [Publication("\ufffd\ufffd", b"x", 5, 1)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x32\xff\xff\xff\xff\xff",  # a length of five bytes
        b"\x32\x03\x00\x09a",  # a topic longer than the packet
        b"\x32\x04\x00\x01a\x00",  # no room for the number
        b"\x32\x06\x00\x01a\x00\x01\x09",  # properties longer than the packet
        b"\x32\x06\x00\x01a\x00\x01\x80\x00",  # the properties' length goes on after the packet
    ],
)
def test_what_is_no_mqtt_ends_the_connection(data: bytes) -> None:
    client, found = _client(data, None)
    assert client._packet_read() == MQTTErrorCode.MQTT_ERR_PROTOCOL
    assert not found


def test_a_connection_that_ends_is_told_and_a_new_one_begins_with_nothing() -> None:
    client, _found = _client(_published(("a", b"x" * 900, 1))[:500], None)
    client._packet_read()
    assert client._rest
    assert client._packet_read() == MQTTErrorCode.MQTT_ERR_AGAIN
    client._sock.recv = lambda most: b""  # type: ignore[union-attr,method-assign,misc,assignment]
    assert client._packet_read() == MQTTErrorCode.MQTT_ERR_CONN_LOST
    client._host, client._port = "127.0.0.1", 1
    with pytest.raises(ConnectionRefusedError):
        client.reconnect()
    assert not client._rest


def test_acknowledgements_leave_in_one_piece() -> None:
    client, _found = _client(b"", None)
    client.acknowledge([1, 2, 65_535], client.connection)
    line: Any = client._sock
    assert (
        line.sent == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\xff\xff" == acknowledgements([1, 2, 65_535])
    )
    client.acknowledge([], client.connection)
    assert len(line.sent) == 12


def test_what_came_with_an_earlier_connection_is_not_acknowledged_with_this_one() -> None:
    """A broker that restarted gives the same numbers to others."""
    client, _found = _client(b"", None)
    client._host, client._port, before = "127.0.0.1", 1, client.connection
    with pytest.raises(ConnectionRefusedError):
        client.reconnect()
    client._sock = line = _Line(b"")  # type: ignore[assignment]
    client.acknowledge([1, 2], before)
    assert not line.sent
    client.acknowledge([1, 2], client.connection)
    assert line.sent == acknowledgements([1, 2])


def test_random_bytes_are_messages_or_refused() -> None:
    """No error but the one that ends the connection."""
    luck = random.Random(7)
    for _turn in range(3_000):
        data = luck.randbytes(luck.randint(1, 40))
        try:
            for packet in packets_in(data):
                assert packet.end <= len(data)
                publication_of(data, Packet(0x32, packet.begin, packet.end))
        except MalformedStream:
            continue
