"""A publisher that costs almost nothing: MQTT 5 over a raw socket, packets made beforehand, QoS 1.

    python -m benchmarks.mqtt_publisher PORT FILE --rate 5000 --acked ACKED

FILE holds one event a line: ``topic<TAB>payload``. With ``--acked`` the number of the line of every
publication that the broker acknowledged is appended to ACKED, fsynced before it is counted: what stands
there must never be lost. What stands there at the start is not published again. Prints one JSON line:
published, seconds, per second.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import struct
import time
from pathlib import Path

#: The broker takes so many before it acknowledges (deploy/mosquitto/mosquitto.conf).
WINDOW = 1500
CONNECT, PUBLISH_QOS1, PUBACK, PINGREQ = 0x10, 0x32, 0x40, 0xC0


def length_of(size: int) -> bytes:
    """MQTT's variable byte integer."""
    out = bytearray()
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out)


def connect_packet(client_id: str) -> bytes:
    body = b"\x00\x04MQTT\x05\x02" + struct.pack(">H", 0) + b"\x00"
    body += struct.pack(">H", len(client_id)) + client_id.encode()
    return bytes([CONNECT]) + length_of(len(body)) + body


def publish_packet(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", packet_id) + b"\x00" + payload
    return bytes([PUBLISH_QOS1]) + length_of(len(body)) + body


class Acknowledgements:
    """Reads PUBACK packets out of the stream; remembers which publication a packet id stood for."""

    def __init__(self, record: Path | None) -> None:
        self.buffer = bytearray()
        self.waiting: dict[int, int] = {}
        self.count = 0
        self.record = record.open("ab") if record else None

    def feed(self, data: bytes) -> None:
        self.buffer += data
        lines = []
        while len(self.buffer) >= 2 and len(self.buffer) >= 2 + self.buffer[1]:
            kind, size = self.buffer[0] & 0xF0, self.buffer[1]
            if kind == PUBACK:
                packet_id = struct.unpack_from(">H", self.buffer, 2)[0]
                number = self.waiting.pop(packet_id, None)
                if number is not None:
                    lines.append(f"{number}\n".encode())
            del self.buffer[: 2 + size]
        if self.record and lines:
            self.record.write(b"".join(lines))
            self.record.flush()
            os.fsync(self.record.fileno())
        self.count += len(lines)


def connected(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 10)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(connect_packet(f"publisher-{os.getpid()}"))
    answer = link.recv(256)
    if not answer or answer[0] != 0x20:
        raise ConnectionError("the broker did not accept the connection")
    link.setblocking(False)
    return link


#: An event: its line's number, topic and payload.
Event = tuple[int, bytes, bytes]


def run(port: int, events: list[Event], rate: float, record: Path | None) -> dict[str, float]:
    """Publish ``events`` at ``rate`` a second (0: as fast as the broker takes them)."""
    link, acks = connected(port), Acknowledgements(record)
    pending, sent, begin = bytearray(), 0, time.monotonic()
    while acks.count < len(events):
        allowed = len(events) if not rate else min(len(events), int((time.monotonic() - begin) * rate) + 1)
        while sent < allowed and len(acks.waiting) < WINDOW and len(pending) < 1 << 18:
            packet_id = sent % 65000 + 1
            number, topic, payload = events[sent]
            acks.waiting[packet_id] = number
            pending += publish_packet(topic, payload, packet_id)
            sent += 1
        idle = 0.001 if rate and sent < len(events) else 0.05
        readable, writable, _ = select.select([link], [link] if pending else [], [], idle)
        if writable:
            del pending[: link.send(pending)]
        if readable:
            data = link.recv(1 << 16)
            if not data:
                raise ConnectionError("the broker closed the connection")
            acks.feed(data)
    seconds = time.monotonic() - begin
    return {"published": sent, "seconds": seconds, "per_second": sent / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--acked", type=Path)
    options = parser.parse_args()
    print(json.dumps(run(options.port, events_of(options.file, options.acked), options.rate, options.acked)))


def events_of(file: Path, acked: Path | None) -> list[Event]:
    """The events of ``file`` without those whose numbers stand in ``acked``."""
    known = {int(line) for line in acked.read_bytes().split()} if acked and acked.exists() else set()
    events = []
    for number, line in enumerate(file.read_bytes().splitlines()):
        if number not in known:
            topic, _tab, payload = line.partition(b"\t")
            events.append((number, topic, payload))
    return events


if __name__ == "__main__":
    main()
