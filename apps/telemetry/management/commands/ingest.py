"""``manage.py ingest``: take events from the broker, store them, then acknowledge."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import caches
from django.core.management.base import BaseCommand
from django.db import connection

from apps.core import clock
from apps.core.collector import rest_the_collector
from apps.core.connections import AWAY
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.domain.partitions import forget, partitions_ahead
from apps.telemetry.integrations.mqtt import Broker, Consumer, Delivery
from apps.telemetry.selectors.hearing import hearing_mark

logger = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Store what the LoRaWAN server publishes: acknowledged to the broker only after commit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--group", default="machitry-ingest", help="name of the shared subscription")
        parser.add_argument(
            "--slot", default="0", help="this process's place in the group; fixed over restarts"
        )
        parser.add_argument(
            "--slots",
            type=int,
            default=1,
            help="processes of the group: with 1 the subscription is not shared",
        )
        parser.add_argument("--batch", type=int, default=1000, help="messages in one transaction, at most")
        parser.add_argument("--linger", type=float, default=0.2, help="seconds to wait for a fuller batch")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        rest_the_collector()
        broker = Broker(settings.MQTT_URL, settings.MQTT_USERNAME, settings.MQTT_PASSWORD)
        self._patiently(partitions_ahead)
        consumer = Consumer(broker, group=options["group"], slot=options["slot"], slots=options["slots"])
        try:
            with CodecRunner() as runner:
                self._serve(consumer, runner, options)
        finally:
            consumer.close()

    def _stop(self, number: int, frame: Any) -> None:
        self.stopping = True

    def _serve(self, consumer: Consumer, runner: CodecRunner, options: dict[str, Any]) -> None:
        while not self.stopping:
            batch = consumer.batch(size=options["batch"], linger=options["linger"], wait=1.0)
            if batch and self._patiently(partial(self._store, batch, runner)):
                consumer.acknowledge(batch)
            _beat(options["slot"], consumer.connected)

    def _store(self, batch: list[Delivery], runner: CodecRunner) -> bool:
        messages = [Incoming(delivery.topic, delivery.payload, delivery.received_at) for delivery in batch]
        result = store_batch(messages=messages, runner=runner)
        waited = round((clock.now() - batch[0].received_at).total_seconds(), 3)
        logger.info("ingest_batch", size=len(batch), waited=waited, **vars(result))
        return True

    def _patiently(self, work: Callable[[], Any]) -> Any:
        """Do ``work`` until database and codecs let us; messages stay unacknowledged meanwhile."""
        pause = 0.2
        while not self.stopping:
            try:
                return work()
            except ChildProcessError as error:
                logger.warning("ingest_codec_away", error=str(error), retry_in=pause)
                time.sleep(pause)
                pause = min(pause * 2, 5.0)
            except AWAY as error:
                logger.warning("ingest_database_away", error=str(error)[:200], retry_in=pause)
                connection.close()
                forget()
                time.sleep(pause)
                pause = min(pause * 2, 5.0)
        return None


def _beat(slot: str, connected: bool) -> None:
    """Say that this slot is alive (``default`` survives a silent Redis), and that it hears the broker."""
    global _last_beat
    if time.monotonic() - _last_beat > 5:
        _last_beat = time.monotonic()
        try:
            caches["default"].set(f"ingest-{slot}", time.time(), 60)
            if connected:
                hearing_mark(clock.now())
        except AWAY:
            connection.close()


_last_beat = 0.0
