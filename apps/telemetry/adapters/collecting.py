"""Group commit: messages of many requests in one transaction, and an answer to each after it.

The event loop hands messages over and is told when they are committed; two threads, each with a database
connection and a codec child of its own, store them: one reads while the other waits for the database.
While a batch is being written the next one gathers, so waiting for company (``linger``) matters only when
there is little to do.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import Error, InterfaceError, OperationalError, connection

from apps.devices.integrations.codec import CodecRunner
from apps.network.domain.sources import sources_heard
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.partitions import forget, partitions_ahead
from apps.telemetry.integrations.metrics import BATCH_SECONDS, EVENTS

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A message whose sender waits; ``tell(True)`` once it is committed, ``tell(False)`` if it is not."""

    message: Incoming
    door: UUID
    tell: Callable[[bool], None]
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Limits:
    """How much, and for how long (seconds).

    ``batch``: messages in one transaction. ``linger``: wait for company at most; ``quiet``: when nobody else
    came for so long. ``patience``: a sender waits for a database that is away (ChirpStack gives up after 5).
    ``threads`` store. ``waiting``, ``bytes``: messages that may wait; more are told to come later.
    """

    batch: int = 500
    linger: float = 0.02
    quiet: float = 0.006
    patience: float = 4.0
    threads: int = 2
    waiting: int = 5_000
    bytes: int = 64 * 1024 * 1024


class Collector:
    """``start``, ``put`` from any thread, ``stop`` (which stores what waits)."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._queue: deque[Waiting] = deque()
        self._bytes = 0
        self._change = threading.Condition()
        self._stopping = False
        self._noted: dict[UUID, float] = {}
        self._threads = [
            threading.Thread(target=self._run, name=f"http-door-{number}", daemon=True)
            for number in range(self.limits.threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._change:
            self._stopping = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(self.limits.patience * 2)

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads) and not self._stopping

    def put(self, waiting: Waiting) -> bool:
        """Take a message over; False when too many wait already."""
        size = len(waiting.message.payload)
        with self._change:
            full = len(self._queue) >= self.limits.waiting or self._bytes + size > self.limits.bytes
            if full or self._stopping:
                return False
            self._queue.append(waiting)
            self._bytes += size
            if len(self._queue) == 1 or len(self._queue) >= self.limits.batch:
                self._change.notify()
            return True

    def _run(self) -> None:
        try:
            with contextlib.suppress(Error):
                partitions_ahead()
            with CodecRunner() as runner:
                while batch := self._take():
                    self._store(batch, runner)
        finally:
            connection.close()

    def _take(self) -> list[Waiting]:
        """The next batch; empty when it is time to end."""
        with self._change:
            while True:
                while not self._queue:
                    if self._stopping:
                        return []
                    self._change.wait()
                if self._gather():
                    break
            count = min(len(self._queue), self.limits.batch)
            batch = [self._queue.popleft() for _ in range(count)]
            self._bytes -= sum(len(one.message.payload) for one in batch)
            return batch

    def _gather(self) -> bool:
        """Wait for company: until the batch is full, nobody came for a moment, or the first waited enough.

        False when there is nothing left to take.
        """
        last = self._queue[0].since + self.limits.linger
        seen = 0
        while seen < len(self._queue) < self.limits.batch and not self._stopping:
            seen = len(self._queue)
            left = min(last - time.monotonic(), self.limits.quiet)
            if left <= 0:
                return True
            self._change.wait(left)
        # The other thread may have taken them meanwhile.
        return bool(self._queue)

    def _store(self, batch: Sequence[Waiting], runner: CodecRunner) -> None:
        """Store ``batch`` and tell each sender. A database that is away is waited for, as they can wait."""
        last, pause = batch[0].since + self.limits.patience, 0.1
        while True:
            try:
                with BATCH_SECONDS.time():
                    result = store_batch(messages=[one.message for one in batch], runner=runner)
            except (OperationalError, InterfaceError) as error:
                logger.warning("http_door_database_away", error=type(error).__name__)
                connection.close()
                forget()
                if self._stopping or time.monotonic() + pause > last:
                    return self._tell(batch, False)
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
            except Exception as error:  # one bad message must not hold up the others
                # Its text may hold what a device sent: the kind of error is enough to find it.
                logger.error("http_door_failed", error=type(error).__name__, size=len(batch))
                if len(batch) == 1:
                    return self._tell(batch, False)
                for one in batch:
                    self._store([one], runner)
                return None
            else:
                for name, number in vars(result).items():
                    EVENTS.labels(result=name).inc(number)
                self._tell(batch, True)
                return self._note(batch)

    def _tell(self, batch: Sequence[Waiting], stored: bool) -> None:
        for one in batch:
            one.tell(stored)

    def _note(self, batch: Sequence[Waiting]) -> None:
        """When a door was last used; of no weight to the senders, who have their answers."""
        doors = {one.door for one in batch}
        if all(time.monotonic() - self._noted.get(door, -1e9) < 60 for door in doors):
            return
        with contextlib.suppress(Error):
            sources_heard(sources=doors)
            self._noted |= dict.fromkeys(doors, time.monotonic())
