"""The door for events over HTTP: who may post, what is answered when, what is stored."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest
from django.db import connections

from apps.devices.models import Device
from apps.network.domain.sources import source_make, source_open, source_rotate
from apps.network.enums import ServerKind
from apps.network.models import IngestSource
from apps.telemetry.adapters import HttpDoor, http_door
from apps.telemetry.adapters.store_child import serve
from apps.telemetry.adapters.storing import WAITING, End, Storing
from apps.telemetry.domain import partitions
from apps.telemetry.enums import DeadLetterReason, EventKind
from apps.telemetry.models import DeadLetter, DeviceEvent, Uplink
from tests.factories.devices import DeviceFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.telemetry import encoded, uplink_event
from tests.factories.tts import tts_event, tts_uplink
from tests.loops import in_a_loop

pytestmark = pytest.mark.django_db(transaction=True)


async def post(
    door: HttpDoor,
    body: bytes,
    *,
    secret: str = "",
    path: str = "/ingest",
    query: str = "event=up",
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]] | None = None,
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

    async def whole() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await door({**given, **scope}, receive or whole, send)
    return int(sent[0]["status"])


def thread(far: socket.socket) -> End:
    """What the storing process does, in a thread: starting Python for each test would take too long."""
    way = far.dup()

    def run() -> None:
        with way:
            serve(way)

    running = threading.Thread(target=run)
    running.start()
    return lambda seconds: running.join(seconds)


def answers(*requests: dict[str, Any], waiting: int = WAITING) -> list[int]:
    """The statuses of ``requests``, sent at once through a door of its own."""

    async def run() -> list[int]:
        door = HttpDoor(lambda: Storing(thread, waiting))
        await door.start()
        try:
            return list(await asyncio.gather(*(post(door, **one) for one in requests)))
        finally:
            await door.stop()

    return in_a_loop(run())


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
    one = {"body": event, "secret": secret}
    assert sorted(answers(one, one, one, waiting=2)) == [204, 204, 503]
    assert Uplink.objects.count() == 1


def test_door_of_http_goes_on_when_its_storing_process_is_killed(device: Device) -> None:
    _source, secret = opened()
    event = encoded(uplink_event(device))

    async def run() -> list[int]:
        began: list[socket.socket] = []

        def dies_first(far: socket.socket) -> End:
            if began:
                return thread(far)
            began.append(far.dup())
            return lambda _seconds: None

        door = HttpDoor(lambda: Storing(dies_first))
        await door.start()
        try:
            first = asyncio.create_task(post(door, event, secret=secret))
            while not door.busy:
                await asyncio.sleep(0)
            began[0].close()
            lost = [await first, await post(door, event, secret=secret)]
            while not door.alive:
                await asyncio.sleep(0.05)
            return [*lost, await post(door, event, secret=secret)]
        finally:
            await door.stop()

    assert in_a_loop(run()) == [503, 503, 204]
    assert Uplink.objects.count() == 1


def test_door_of_http_tries_again_when_a_storing_process_cannot_start(device: Device) -> None:
    """Memory or processes may be short for a moment, just when the one before was killed."""
    _source, secret = opened()
    event = encoded(uplink_event(device))

    async def run() -> int:
        began: list[socket.socket] = []

        def starts_the_third_time(far: socket.socket) -> End:
            began.append(far.dup())
            if len(began) == 2:
                raise OSError(11, "Resource temporarily unavailable")
            return thread(far) if len(began) > 2 else lambda _seconds: None

        door = HttpDoor(lambda: Storing(starts_the_third_time))
        await door.start()
        try:
            began[0].close()
            async with asyncio.timeout(20):
                while len(began) < 3 or not door.alive:
                    await asyncio.sleep(0.05)
            return await post(door, event, secret=secret)
        finally:
            began[1].close()
            began[-1].close()
            await door.stop()

    assert in_a_loop(run()) == 204
    assert Uplink.objects.count() == 1


def test_door_of_http_waits_only_so_long_for_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "BODY_SECONDS", 0.05)
    _source, secret = opened()

    async def never() -> MutableMapping[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError

    assert answers({"body": b"", "secret": secret, "receive": never}) == [408]


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
