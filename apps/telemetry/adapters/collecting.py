"""Group commit: messages of many requests in one transaction, and an answer to each after it.

Messages are handed over and answered when they are committed; two threads, each with a database connection
and a codec child of its own, store them: one reads while the other waits for the database. While a batch is
being written the next one gathers, so waiting for company (``linger``) matters only when there is little to
do.
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
from django.db import Error, connection

from apps.core.connections import AWAY
from apps.devices.integrations.codec import CodecRunner
from apps.network.domain.sources import sources_heard
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.partitions import forget, partitions_ahead

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Waiting:
    """A message whose sender waits; ``number`` names it in the answer."""

    number: int
    message: Incoming
    door: UUID
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Limits:
    """How much, and for how long (seconds).

    ``batch``: messages in one transaction. ``linger``: wait for company at most; ``quiet``: when nobody else
    came for so long. ``patience``: a sender waits for a database that is away (ChirpStack gives up after 5).
    ``threads`` store.
    """

    batch: int = 500
    linger: float = 0.02
    quiet: float = 0.006
    patience: float = 4.0
    threads: int = 2


class Collector:
    """``start``, ``put`` from any thread, ``stop`` (which stores what waits).

    ``answer(batch, stored)`` is called from a storing thread: True once all of ``batch`` is committed, False
    when it is not.
    """

    def __init__(
        self, answer: Callable[[Sequence[Waiting], bool], None], limits: Limits | None = None
    ) -> None:
        self._answer = answer
        self.limits = limits or Limits()
        self._queue: deque[Waiting] = deque()
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

    def put(self, waiting: Sequence[Waiting]) -> None:
        """Take messages over. How many may wait is for the caller to hold."""
        with self._change:
            before = len(self._queue)
            self._queue.extend(waiting)
            if not before or len(self._queue) >= self.limits.batch:
                self._change.notify()

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
            return [self._queue.popleft() for _ in range(count)]

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
                store_batch(messages=[one.message for one in batch], runner=runner)
            except AWAY as error:
                logger.warning("http_door_database_away", error=type(error).__name__)
                connection.close()
                forget()
                if self._stopping or time.monotonic() + pause > last:
                    return self._answer(batch, False)
                time.sleep(pause)
                pause = min(pause * 2, 1.0)
            except Exception as error:  # one bad message must not hold up the others
                # Its text may hold what a device sent: the kind of error is enough to find it.
                logger.error("http_door_failed", error=type(error).__name__, size=len(batch))
                if len(batch) == 1:
                    return self._answer(batch, False)
                for one in batch:
                    self._store([one], runner)
                return None
            else:
                self._answer(batch, True)
                return self._note(batch)

    def _note(self, batch: Sequence[Waiting]) -> None:
        """When a door was last used; of no weight to the senders, who have their answers."""
        doors = {one.door for one in batch}
        if all(time.monotonic() - self._noted.get(door, -1e9) < 60 for door in doors):
            return
        with contextlib.suppress(Error):
            sources_heard(sources=doors)
            self._noted |= dict.fromkeys(doors, time.monotonic())
