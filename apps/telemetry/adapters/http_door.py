"""An ASGI application that takes events by ``POST /ingest``, and answers when they are committed.

| status | when |
|---|---|
| 204 | stored, known already, or kept as a dead letter: the sender has done its part |
| 401 | no secret, a wrong one, a closed door |
| 404, 405 | another address, another method |
| 408, 413 | the body did not come in time; is larger than 256 KiB |
| 503 | the database is away or too much waits: nothing was kept, send it again |

What is well signed but no event is not refused: a sender would repeat it for ever, or drop it without a
word. It is kept as a dead letter with the reason. Bodies and secrets are never logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from django.db import Error, connection

from apps.core import clock
from apps.network.selectors.sources import Door, open_doors
from apps.telemetry.adapters.collecting import Collector, Waiting
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
    """One process's door: the application that a server calls."""

    def __init__(self, collector: Collector | None = None) -> None:
        self.collector = collector or Collector()
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
                # Two threads share this process: with the usual 5 ms each waits long for the other.
                sys.setswitchinterval(0.0005)
                self.collector.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self.collector.stop)
                if self._doors:
                    self._doors.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> int:
        path, method = scope["path"].rstrip("/"), scope["method"]
        if path == "/healthz" and method in ("GET", "HEAD"):
            return 204 if self.collector.alive else 503
        # The Things Stack may add a path for each kind of message; the body tells the kind anyway.
        if path != ADDRESS and not path.startswith(f"{ADDRESS}/"):
            raise Refused(404)
        if method != "POST":
            raise Refused(405, (b"allow", b"POST"))
        headers = dict(scope["headers"])
        door = await self._door(headers)
        body = await _body(headers, receive)
        event = parse_qs(scope["query_string"].decode("latin-1")).get("event", [""])[0]
        topic = http_topic(door.pk, door.server_kind, event)
        return await self._stored(Incoming(topic, body, clock.now()), door)

    async def _door(self, headers: dict[bytes, bytes]) -> Door:
        kind, _space, secret = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise Refused(401, (b"www-authenticate", b"Bearer"))
        if self._doors is None:
            self._doors = Doors()
        return await self._doors.find(secret.strip())

    async def _stored(self, message: Incoming, door: Door) -> int:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def tell(stored: bool) -> None:
            loop.call_soon_threadsafe(_settle, done, stored)

        if not self.collector.put(Waiting(message, door.pk, tell)):
            raise Refused(503, (b"retry-after", b"1"))
        if await done:
            return 204
        raise Refused(503, (b"retry-after", b"5"))


def _settle(done: asyncio.Future[bool], stored: bool) -> None:
    """The sender may have gone meanwhile; what it sent is stored all the same."""
    if not done.done():
        done.set_result(stored)


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body; raises ``Refused``."""
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told) > MAX_PAYLOAD:
        raise Refused(413)
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
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
    except TimeoutError:
        raise Refused(408) from None
