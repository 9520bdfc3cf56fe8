"""What arrives from a broker, taken apart many packets at a time (MQTT 5, sections 1.5.5, 2.1, 3.3).

paho reads each packet with a select and three receives of its own and makes a dozen objects of it, half of
the time of an ingest; see decision 0051. Everything but uplinks in plain sight is still paho's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.exception import MalformedPacket

PUBLISH: Final = 0x30
PUBACK: Final = 0x40
#: Bytes of one look into the socket.
CHUNK: Final = 256 * 1024
#: A length takes so many bytes at most.
_LENGTH: Final = 4


class MalformedStream(ValueError):
    """What arrived is not MQTT."""


class Packet(NamedTuple):
    """A whole packet: its first byte, and where in the buffer it begins (after its length) and ends."""

    first: int
    begin: int
    end: int


class Publication(NamedTuple):
    """A message of QoS 0 or 1; ``mid`` is 0 with QoS 0."""

    topic: str
    payload: bytes
    mid: int
    qos: int


def number_at(buffer: bytes, place: int) -> tuple[int, int] | None:
    """A variable byte integer and the place after it; None when its end is not there yet."""
    value = 0
    for count in range(_LENGTH):
        if place + count >= len(buffer):
            return None
        byte = buffer[place + count]
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, place + count + 1
    raise MalformedStream("a length of more than four bytes")


def packets_in(buffer: bytes) -> Iterator[Packet]:
    """The packets that are whole, in their order. Raises ``MalformedStream``."""
    place = 0
    while place < len(buffer):
        found = number_at(buffer, place + 1)
        if found is None or found[0] + found[1] > len(buffer):
            return
        length, begin = found
        yield Packet(buffer[place], begin, begin + length)
        place = begin + length


@lru_cache(maxsize=16_384)
def _topic(text: bytes) -> str:
    """Not UTF-8: readable all the same, so that the message becomes a dead letter."""
    return text.decode(errors="replace")


def publication_of(buffer: bytes, packet: Packet) -> Publication:
    """The message of a PUBLISH packet; its properties are passed over. Raises ``MalformedStream``."""
    first, place, end = packet
    qos = first >> 1 & 3
    after = place + 2 + int.from_bytes(buffer[place : place + 2], "big")
    topic, mid = buffer[place + 2 : after], 0
    if qos:
        mid, after = int.from_bytes(buffer[after : after + 2], "big"), after + 2
    properties = number_at(buffer[:end], after) if end - after < _LENGTH else number_at(buffer, after)
    if properties is None or sum(properties) > end:
        raise MalformedStream("a message that is shorter than it says")
    return Publication(_topic(topic), buffer[sum(properties) : end], mid, qos)


def acknowledgements(mids: Sequence[int]) -> bytes:
    """PUBACK packets that say "success"."""
    return b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids)


class Client(mqtt.Client):
    """paho's client, which gives all messages of a look into the socket to ``on_publications`` at once.

    Connecting, TLS, keeping alive, subscribing and every packet that is no PUBLISH of QoS 0 or 1 are paho's.
    ``_packet_read`` and ``_packet_queue`` are not of its public interface: paho is pinned, and
    ``tests/telemetry/test_mqtt_stream.py`` tells when they change.
    """

    on_publications: Callable[[list[Publication]], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rest = b""
        self._turn = threading.Lock()
        #: Which connection this is: numbers of messages mean something within one alone.
        self.connection = 0

    def reconnect(self) -> MQTTErrorCode:
        """A new connection begins with nothing."""
        with self._turn:
            self.connection += 1
            self._rest = b""
            self._out_packet.clear()
        return super().reconnect()

    def acknowledge(self, mids: Sequence[int], connection: int) -> None:
        """Let the broker forget messages of QoS 1 that came with ``connection``, all in one write.

        Those of an earlier connection come again, and are known then. A broker that restarted may have
        given their numbers to others: acknowledging those would lose them.
        """
        with self._turn:
            if mids and connection == self.connection:
                self._packet_queue(PUBACK, acknowledgements(mids), mids[-1], 1)

    def _packet_read(self) -> MQTTErrorCode:
        try:
            data = self._sock_recv(CHUNK)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        with self._msgtime_mutex:
            self._last_bytes_received = mqtt.time_func()
        try:
            return self._take(self._rest + data)
        except MalformedStream:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _take(self, buffer: bytes) -> MQTTErrorCode:
        found: list[Publication] = []
        done, result = 0, MQTTErrorCode.MQTT_ERR_SUCCESS
        for packet in packets_in(buffer):
            if packet.first & 0xF0 == PUBLISH and (packet.first & 0x06) < 0x04:
                found.append(publication_of(buffer, packet))
            else:
                result = self._handle(packet.first, buffer[packet.begin : packet.end])
            done = packet.end
            if result > 0:
                break
        self._rest = buffer[done:]
        if found:
            self.on_publications(found)
        return result

    def _handle(self, first: int, body: bytes) -> MQTTErrorCode:
        """A packet of another kind, as paho would have read it itself."""
        self._in_packet = {
            "command": first,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except MalformedPacket:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
