"""An ASGI application that takes events by ``POST /ingest``, and answers when they are committed.

| status | when |
|---|---|
| 204 | stored, known already, or kept as a dead letter: the sender has done its part |
| 401 | no secret, a wrong one, a closed door |
| 404, 405 | another address, another method |
| 408, 413 | the body did not come in time; is larger than 256 KiB |
| 503 | the database is away or too much waits: send it again (what was kept is known then) |

What is well signed but no event is not refused: a sender would repeat it for ever, or drop it without a
word. It is kept as a dead letter with the reason. Bodies and secrets are never logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from django.db import Error, connection

from apps.core import clock
from apps.core.collector import rest_the_collector
from apps.network.selectors.sources import Door, open_doors
from apps.telemetry.adapters.storing import Away, Full, Storing
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.integrations.chirpstack import MAX_PAYLOAD
from apps.telemetry.integrations.events import http_topic

logger = structlog.get_logger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
#: Seconds after which a closed door or a changed secret is noticed.
SECRETS_FOR: Final = 5.0
#: Seconds after which secrets are no longer believed when the database cannot be asked.
SECRETS_MOST: Final = 60.0
BODY_SECONDS: Final = 10.0
LATE: Final = "the body came too slowly"
ADDRESS: Final = "/ingest"


class Refused(Exception):
    """An answer that ends a request before anything is taken."""

    def __init__(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(status)
        self.status, self.headers = status, list(headers)


class Doors:
    """The open doors by the digest of their secret, read again every few seconds."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}
        self._read = self._tried = float("-inf")
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "http-doors")

    async def find(self, secret: str) -> Door:
        """The door that ``secret`` opens; raises ``Refused``."""
        digest = hashlib.sha256(secret.encode()).hexdigest()
        age = time.monotonic() - self._read
        # A secret that was made a moment ago is looked for at once, but not by every guess.
        unknown = digest not in self._doors and time.monotonic() - self._tried > 1
        if age > SECRETS_FOR or unknown:
            await self._again()
        if time.monotonic() - self._read > SECRETS_MOST:
            raise Refused(503, (b"retry-after", b"5"))
        door = self._doors.get(digest)
        if door is None:
            raise Refused(401, (b"www-authenticate", b"Bearer"))
        return door

    async def _again(self) -> None:
        async with self._lock:
            if time.monotonic() - self._tried < 0.5:
                return
            self._tried = time.monotonic()
            try:
                loop = asyncio.get_running_loop()
                self._doors = await loop.run_in_executor(self._thread, _read_doors)
                self._read = time.monotonic()
            except Error as error:
                logger.warning("http_door_database_away", error=type(error).__name__)

    def close(self) -> None:
        self._thread.submit(_leave)
        self._thread.shutdown()


def _leave() -> None:
    """In the thread whose connection it is: the name stands for another one in each thread."""
    connection.close()


def _read_doors() -> dict[str, Door]:
    try:
        return open_doors()
    except Error:
        connection.close()
        raise


class HttpDoor:
    """One process's door: the application that a server calls. ``storing`` stores for it."""

    def __init__(self, storing: Callable[[], Storing] = Storing) -> None:
        self._new_storing = storing
        self._storing: Storing | None = None
        self._doors: Doors | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                status, headers = await self._answer(scope, receive), []
            except Refused as refused:
                status, headers = refused.status, refused.headers
            headers = [*headers, (b"content-length", b"0"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                rest_the_collector()
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    @property
    def alive(self) -> bool:
        return self._storing is not None and self._storing.alive

    @property
    def busy(self) -> int:
        """Messages that wait for their answer."""
        return self._storing.busy if self._storing else 0

    async def start(self) -> None:
        self._storing = self._new_storing()
        await self._storing.start()

    async def stop(self) -> None:
        if self._storing:
            await self._storing.stop()
        if self._doors:
            self._doors.close()

    async def _answer(self, scope: Scope, receive: Receive) -> int:
        path, method = scope["path"].rstrip("/"), scope["method"]
        if path == "/healthz" and method in ("GET", "HEAD"):
            return 204 if self.alive else 503
        # The Things Stack may add a path for each kind of message; the body tells the kind anyway.
        if path != ADDRESS and not path.startswith(f"{ADDRESS}/"):
            raise Refused(404)
        if method != "POST":
            raise Refused(405, (b"allow", b"POST"))
        headers = dict(scope["headers"])
        door = await self._door(headers)
        body = await _body(headers, receive)
        topic = http_topic(door.pk, door.server_kind, _event(scope["query_string"]))
        return await self._stored(Incoming(topic, body, clock.now()), door)

    async def _door(self, headers: dict[bytes, bytes]) -> Door:
        kind, _space, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise Refused(401, (b"www-authenticate", b"Bearer"))
        if self._doors is None:
            self._doors = Doors()
        return await self._doors.find(secret.strip())

    async def _stored(self, message: Incoming, door: Door) -> int:
        try:
            if self._storing and await self._storing.put(message, door.pk):
                return 204
        except Full:
            raise Refused(503, (b"retry-after", b"1")) from None
        except Away:
            pass
        raise Refused(503, (b"retry-after", b"5"))


@lru_cache(maxsize=64)
def _event(query: bytes) -> str:
    """The kind of event that an address names (``?event=up``); empty when it names none."""
    return parse_qs(query.decode("latin-1")).get("event", [""])[0]


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body; raises ``Refused``."""
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told) > MAX_PAYLOAD:
        raise Refused(413)
    task = asyncio.current_task()
    assert task
    # Not asyncio.timeout: it is a fifth of what a request costs here.
    last = asyncio.get_running_loop().call_later(BODY_SECONDS, task.cancel, LATE)
    try:
        return await _whole(receive)
    except asyncio.CancelledError as error:
        if error.args != (LATE,):
            raise
        task.uncancel()
        raise Refused(408) from None
    finally:
        last.cancel()


async def _whole(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(408)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_PAYLOAD:
            raise Refused(413)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
