"""The storing process behind a door for events over HTTP: takes them from a socket, answers after commit.

Frames to it: a head (number of the message, when it came in seconds of the epoch, the door's id, the lengths
of topic and body), then topic and body. Frames from it: number, and whether the message is committed.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from apps.telemetry.adapters.collecting import Collector, Limits, Waiting
from apps.telemetry.domain.batch import Incoming

HEAD: Final = struct.Struct(">Qd16sII")
ANSWER: Final = struct.Struct(">Q?")
_PIECE: Final = 1 << 18


def frame_of(number: int, message: Incoming, door: UUID) -> bytes:
    """A message as the storing process takes it."""
    topic = message.topic.encode()
    head = HEAD.pack(number, message.received_at.timestamp(), door.bytes, len(topic), len(message.payload))
    return head + topic + message.payload


def serve(way: socket.socket, limits: Limits | None = None) -> None:
    """Store what comes through ``way`` until its other end closes; then store what still waits, and end."""
    lock = threading.Lock()

    def answer(batch: Sequence[Waiting], stored: bool) -> None:
        # The door may have gone meanwhile; what it took is stored all the same.
        with lock, contextlib.suppress(OSError):
            way.sendall(b"".join(ANSWER.pack(one.number, stored) for one in batch))

    collector = Collector(answer, limits)
    collector.start()
    try:
        for some in _messages(way):
            collector.put(some)
    finally:
        collector.stop()


def _messages(way: socket.socket) -> Iterator[list[Waiting]]:
    """What came, as often as something came."""
    buffer = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := way.recv(_PIECE):
            buffer += piece
            found, end = [], 0
            while (one := _message_at(buffer, end)) is not None:
                waiting, end = one
                found.append(waiting)
            del buffer[:end]
            if found:
                yield found


def _message_at(buffer: bytearray, start: int) -> tuple[Waiting, int] | None:
    """The message that begins at ``start`` and where it ends; None while it is not whole."""
    if len(buffer) - start < HEAD.size:
        return None
    number, at, door, topic_size, body_size = HEAD.unpack_from(buffer, start)
    body_at = start + HEAD.size + topic_size
    end = body_at + body_size
    if len(buffer) < end:
        return None
    topic = buffer[start + HEAD.size : body_at].decode()
    message = Incoming(topic, bytes(buffer[body_at:end]), datetime.fromtimestamp(at, UTC))
    return Waiting(number, message, UUID(bytes=door)), end
