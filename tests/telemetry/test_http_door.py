"""The door for events over HTTP: who may post, what is answered when, what is stored."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from apps.devices.models import Device
from apps.network.domain.sources import source_make, source_open, source_rotate
from apps.network.enums import ServerKind
from apps.network.models import IngestSource
from apps.telemetry.adapters import HttpDoor
from apps.telemetry.adapters.collecting import Collector, Limits
from apps.telemetry.domain import partitions
from apps.telemetry.enums import DeadLetterReason, EventKind
from apps.telemetry.models import DeadLetter, DeviceEvent, Uplink
from tests.factories.devices import DeviceFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.telemetry import encoded, uplink_event
from tests.factories.tts import tts_event, tts_uplink

pytestmark = pytest.mark.django_db(transaction=True)


async def post(
    door: HttpDoor,
    body: bytes,
    *,
    secret: str = "",
    path: str = "/ingest",
    query: str = "event=up",
    **scope: Any,
) -> int:
    """The status of one request, as an ASGI server makes it."""
    headers = [(b"authorization", f"Bearer {secret}".encode())] if secret else []
    given = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await door({**given, **scope}, receive, send)
    return int(sent[0]["status"])


def answers(*requests: dict[str, Any], limits: Limits | None = None, start: bool = True) -> list[int]:
    """The statuses of ``requests``, sent at once through a door of its own."""

    async def run() -> list[int]:
        collector = Collector(limits)
        door = HttpDoor(collector)
        if start:
            collector.start()
        try:
            return list(await asyncio.gather(*(post(door, **one) for one in requests)))
        finally:
            if start:
                await asyncio.to_thread(collector.stop)
            if door._doors:
                door._doors.close()

    # A browser of an earlier test leaves its loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result(120)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    partitions.forget()
    yield
    connections.close_all()


@pytest.fixture
def device() -> Device:
    return DeviceFactory.create(model=None)


def opened(kind: str = ServerKind.CHIRPSTACK) -> tuple[IngestSource, str]:
    return source_make(server=NetworkServerFactory.create(kind=kind), name="公開実証", actor=None)


def test_door_of_http_stores_once_and_tells_wrong_secrets_apart(device: Device) -> None:
    source, secret = opened()
    event = encoded(uplink_event(device))
    garbage = b"\x0a\x24protobuf, not JSON"
    assert answers(
        {"body": event, "secret": secret},
        {"body": event, "secret": secret},
        {"body": garbage, "secret": secret},
        {"body": event, "secret": "mtd_wrong"},
        {"body": event},
        {"body": event, "secret": secret, "path": "/elsewhere"},
        {"body": event, "secret": secret, "method": "GET"},
        {"body": b"x" * (256 * 1024 + 1), "secret": secret},
    ) == [204, 204, 204, 401, 401, 404, 405, 413]
    assert Uplink.objects.count() == 1
    letter = DeadLetter.objects.get()
    assert (letter.reason, bytes(letter.payload)) == (DeadLetterReason.MALFORMED, garbage)
    assert letter.topic == f"http/{source.pk}/chirpstack/up"
    source.refresh_from_db()
    assert source.heard_at is not None
    assert secret not in str(IngestSource.objects.values())


def test_door_of_http_reads_the_kind_from_the_address(device: Device) -> None:
    _source, secret = opened()
    whole = uplink_event(device)
    join = {name: whole[name] for name in ("deduplicationId", "time", "deviceInfo", "devAddr")}
    assert answers(
        {"body": encoded(join), "secret": secret, "query": "event=join"},
        {"body": encoded(join), "secret": secret, "query": ""},
        {"body": encoded(whole), "secret": secret, "query": ""},
    ) == [204, 204, 204]
    assert DeviceEvent.objects.get().kind == EventKind.JOIN
    assert Uplink.objects.count() == 1
    assert "event" in DeadLetter.objects.get().detail


def test_door_of_http_refuses_a_closed_door_and_an_old_secret(device: Device) -> None:
    source, old = opened()
    new = source_rotate(source=source, actor=None)
    event = encoded(uplink_event(device))
    assert answers({"body": event, "secret": old}, {"body": event, "secret": new}) == [401, 204]
    source_open(source=source, is_open=False, actor=None)
    assert answers({"body": event, "secret": new}) == [401]


def test_door_of_http_says_later_when_too_much_waits(device: Device) -> None:
    _source, secret = opened()
    event = encoded(uplink_event(device))
    few = Limits(waiting=0)
    assert answers({"body": event, "secret": secret}, limits=few, start=False) == [503]
    assert not Uplink.objects.exists()


def test_door_of_http_takes_webhooks_of_the_things_stack(device: Device) -> None:
    _source, secret = opened(ServerKind.TTS)
    up = tts_uplink(device, data=b"\x78", f_cnt=0)
    sent = tts_event(device, "downlink_sent", {"correlation_ids": ["as:1", "machitry:abc"], "f_cnt": 3})
    both = [{"body": json.dumps(one).encode(), "secret": secret, "path": "/ingest/up"} for one in (up, sent)]
    assert answers(both[0], both[0], both[1]) == [204, 204, 204]
    row = Uplink.objects.get()
    assert (row.f_cnt, row.rssi, row.frequency, bytes(row.data)) == (0, -97, 923200000, b"\x78")
    note = DeviceEvent.objects.get()
    assert (note.kind, note.data) == (EventKind.TXACK, {"fCntDown": 3, "queueItemId": "abc"})
    assert isinstance(row.deduplication_id, uuid.UUID)
