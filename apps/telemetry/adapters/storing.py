"""A door's end of the way to its storing process: hands messages over, and is told what was committed.

The process that talks HTTP and the one that stores share no interpreter: while one parses requests the other
decodes and writes, on a core of its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings

from apps.telemetry.adapters.store_child import ANSWER, frame_of
from apps.telemetry.domain.batch import Incoming

logger = structlog.get_logger(__name__)
#: Waits at most so many seconds for the storing process to end; kills it then.
End = Callable[[float], None]
#: Messages and bytes that may wait for an answer; more are told to come later.
WAITING: Final = 5_000
BYTES: Final = 64 * 1024 * 1024
#: Seconds between a storing process that died and the next.
AGAIN: Final = 0.5
#: Seconds in which the last messages are stored when the door closes.
LAST: Final = 10.0


def child(far: socket.socket) -> End:
    """Start a storing process at the ``far`` end of the way."""
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [sys.executable, "-m", "config.storing", str(far.fileno())],
        cwd=settings.BASE_DIR,
        pass_fds=[far.fileno()],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE},
    )

    def end(seconds: float) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    return end


class Full(Exception):
    """Too much waits already: nothing was taken."""


class Away(Exception):
    """There is no storing process at the moment: nothing was taken."""


class Storing(asyncio.Protocol):
    """``start``, ``put``, ``stop``, all in one event loop."""

    def __init__(self, launch: Callable[[socket.socket], End] = child, waiting: int = WAITING) -> None:
        self._launch, self._most = launch, waiting
        self._end: End | None = None
        self._way: asyncio.Transport | None = None
        self._gone = asyncio.Event()
        self._stopping = False
        self._last = 0
        self._open: dict[int, tuple[asyncio.Future[bool], int]] = {}
        self._bytes = 0
        self._out: list[bytes] = []
        self._in = b""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def alive(self) -> bool:
        return self._way is not None and not self._stopping

    @property
    def busy(self) -> int:
        """Messages that wait for their answer."""
        return len(self._open)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        try:
            self._end = self._launch(far)
        except OSError:
            near.close()
            raise
        finally:
            far.close()
        self._gone.clear()
        self._in = b""
        transport, _protocol = await loop.create_connection(lambda: self, sock=near)
        self._way = transport

    def put(self, message: Incoming, door: UUID) -> asyncio.Future[bool]:
        """Hand ``message`` over: True once it is committed, False when it is not.

        Raises ``Full`` and ``Away``: then nothing was taken.
        """
        size = len(message.payload)
        if self._way is None or self._stopping:
            raise Away
        if len(self._open) >= self._most or self._bytes + size > BYTES:
            raise Full
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._last += 1
        self._open[self._last] = done, size
        self._bytes += size
        if not self._out:
            # What comes in one turn of the loop leaves in one piece.
            loop.call_soon(self._flush)
        self._out.append(frame_of(self._last, message, door))
        return done

    async def stop(self) -> None:
        """Store what waits, then end the storing process."""
        self._stopping = True
        self._flush()
        if self._way is not None:
            self._way.write_eof()
            try:
                await asyncio.wait_for(self._gone.wait(), LAST)
            except TimeoutError:
                self._way.abort()
        if self._end is not None:
            await asyncio.to_thread(self._end, LAST)

    def _flush(self) -> None:
        if self._way is not None and self._out:
            self._way.write(b"".join(self._out))
        self._out.clear()

    def data_received(self, data: bytes) -> None:
        data = self._in + data
        whole = len(data) - len(data) % ANSWER.size
        for number, stored in ANSWER.iter_unpack(memoryview(data)[:whole]):
            self._settle(number, stored)
        self._in = data[whole:]

    def _settle(self, number: int, stored: bool) -> None:
        done, size = self._open.pop(number)
        self._bytes -= size
        # The sender may have gone meanwhile; what it sent is stored all the same.
        if not done.done():
            done.set_result(stored)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The storing process ended. What it had not answered may or may not be stored: "send it again"."""
        self._way = None
        self._out.clear()
        for number in list(self._open):
            self._settle(number, stored=False)
        self._gone.set()
        if not self._stopping:
            logger.error("http_door_storing_process_died")
            task = asyncio.get_running_loop().create_task(self._again())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _again(self) -> None:
        if self._end is not None:
            await asyncio.to_thread(self._end, 0.0)
        while not self._stopping and self._way is None:
            await asyncio.sleep(AGAIN)
            try:
                if not self._stopping:
                    await self.start()
            except OSError as error:  # memory, processes or descriptors are short at the moment
                logger.error("http_door_storing_process_cannot_start", error=error.strerror)
