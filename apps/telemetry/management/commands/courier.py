"""``manage.py courier``: turn news into messages, and bring messages to their receivers."""

from __future__ import annotations

import asyncio
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from apps.core import clock
from apps.core.collector import rest_the_collector
from apps.core.connections import AWAY
from apps.telemetry.domain.delivering import Delivered, Delivery, deliveries_record, deliveries_take
from apps.telemetry.domain.following import news_follow
from apps.telemetry.domain.topics import TopicsKeeper
from apps.telemetry.integrations.metrics import DELIVERIES
from apps.telemetry.integrations.web import Answer, Sender

logger = structlog.get_logger(__name__)
Made = TypeVar("Made")
#: Answers that come in this time are written down together.
GATHER: Final = 0.02
#: News or messages taken in one turn when more may wait: the next turn follows at once.
MANY: Final = 100


class Command(BaseCommand):
    help = "Tell companies' own systems what came: signed messages, tried again until they arrive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at-once", type=int, default=500, help="messages under way at the same time")
        parser.add_argument(
            "--every", type=float, default=0.25, help="seconds between looks when all is quiet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rest_the_collector()
        asyncio.run(_serve(Courier(at_once=options["at_once"], every=options["every"])))


async def _serve(courier: Courier) -> None:
    """Until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, courier.stop)
    await courier.run()


class Courier:
    """One thread speaks with the database, one event loop with all receivers."""

    def __init__(self, *, at_once: int, every: float) -> None:
        self._at_once, self._every = at_once, every
        self._sender = Sender()
        self._topics = TopicsKeeper() if settings.TOPICS_URL else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="courier-database")
        self._under_way: set[asyncio.Task[None]] = set()
        self._results: list[Delivered] = []
        self._stopping = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until ``stop``; what is under way then is brought to its end and written down."""
        while not self._stopping:
            self._wake.clear()
            busy = await self._patiently(self._turn)
            if not busy:
                await self._rest()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._patiently(self._record)
        self._sender.close()
        if self._topics:
            self._topics.close()
        await self._database(_hang_up)
        self._thread.shutdown()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _rest(self) -> None:
        """Until an answer comes or it is time to look again."""
        try:
            async with asyncio.timeout(self._every):
                await self._wake.wait()
                await asyncio.sleep(GATHER)
        except TimeoutError:
            pass

    async def _turn(self) -> bool:
        """Write down, follow, take and start; True when more may wait already."""
        await self._record()
        if self._topics:
            await self._database(self._topics.tick)
        followed = await self._database(news_follow)
        room = self._at_once - len(self._under_way)
        taken = await self._database(lambda: deliveries_take(limit=min(room, MANY))) if room > 0 else []
        for delivery in taken:
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return followed >= MANY or len(taken) >= MANY

    async def _record(self) -> None:
        results = list(self._results)
        if results:
            await self._database(lambda: deliveries_record(results=results))
            del self._results[: len(results)]

    async def _deliver(self, delivery: Delivery) -> None:
        at, begun = clock.now(), time.monotonic()
        if delivery.headers is None:
            answer = Answer(None, "secret")
        else:
            answer = await self._sender.post(delivery.url, delivery.body, delivery.headers)
        self._results.append(Delivered(delivery, at, answer))
        self._wake.set()
        DELIVERIES.labels(result=_result(answer)).observe(time.monotonic() - begun)

    async def _database(self, work: Callable[[], Made]) -> Made:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _patiently(self, work: Callable[[], Any]) -> Any:
        """Do ``work`` until the database lets us; what is under way goes on meanwhile."""
        pause = 0.2
        while True:
            try:
                return await work()
            except AWAY as error:
                logger.warning("courier_database_away", error=str(error)[:200], retry_in=pause)
                await self._database(_hang_up)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
                if self._stopping and pause >= 5.0:
                    return None


def _hang_up() -> None:
    """Close the connection of the thread that calls this."""
    connection.close()


def _result(answer: Answer) -> str:
    if answer.status is None:
        return answer.error
    return f"{answer.status // 100}xx"
