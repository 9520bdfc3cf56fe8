"""``manage.py simulate``: publish what the demo's devices would send, as ChirpStack would publish it."""

from __future__ import annotations

import contextlib
import signal
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import paho.mqtt.client as mqtt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.telemetry.domain.samples import sample_year
from apps.telemetry.integrations.mqtt import Broker, client_for, connect
from apps.telemetry.integrations.simulator import Habit, Message, SimulatedDevice
from apps.telemetry.selectors import simulated_devices

#: A device that appears while the simulator runs is switched on so many seconds later.
SWITCHED_ON = timedelta(seconds=8)
#: So many messages are under way to the broker at once.
AT_ONCE = 500


class Command(BaseCommand):
    help = "Publish sample events of the demo's devices over MQTT (real ChirpStack v4 JSON). Demo only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--backfill-hours", type=float, default=48, help="hours of the past to publish first"
        )
        parser.add_argument(
            "--year", action="store_true", help="after the first turn give some devices hours of a year"
        )
        parser.add_argument("--once", action="store_true", help="stop after the past")
        parser.add_argument("--device", help="play only the device with this DevEUI")
        parser.add_argument(
            "--bench", type=int, metavar="N", help="publish N uplinks made beforehand, say how fast, stop"
        )
        parser.add_argument("--rate", type=float, default=0, help="with --bench: uplinks a second at most")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The simulator runs in the demo only: it would mix samples with real readings."
            )
        self.stopping = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        broker = Broker(settings.MQTT_URL, settings.MQTT_USERNAME, settings.MQTT_PASSWORD)
        self.client = client_for(broker, "machitry-simulator", mqtt.Client)
        self.client.max_queued_messages_set(0)
        self.client.max_inflight_messages_set(1000)
        connect(self.client, broker)
        self.client.loop_start()
        try:
            self._wait_for_broker()
            if options["bench"]:
                self._bench(options["bench"], options["rate"])
            else:
                self._play(options)
        finally:
            self.client.disconnect()
            self.client.loop_stop()

    def _stop(self, number: int, frame: Any) -> None:
        self.stopping = True

    def _wait_for_broker(self) -> None:
        while not (self.stopping or self.client.is_connected()):
            time.sleep(0.1)

    def _devices(self, options: dict[str, Any]) -> list[SimulatedDevice]:
        rows = simulated_devices()
        return [row for row in rows if options["device"] in (None, row.dev_eui)]

    def _play(self, options: dict[str, Any]) -> None:
        last = clock.now() - timedelta(hours=options["backfill_hours"])
        # Who is there at the start has a past; who comes later is switched on first.
        on: dict[str, datetime | None] = dict.fromkeys(row.dev_eui for row in self._devices(options))
        year = last if options["year"] else None
        while not self.stopping:
            now, sent = clock.now(), 0
            due: list[Message] = []
            for device in self._devices(options):
                due += _due(device, on, last, now)
            for start in range(0, len(due), AT_ONCE):
                sent += self._publish(due[start : start + AT_ONCE])
            last = now
            if year is not None:
                sample_year(until=year)
                year = None
            if options["once"]:
                self.stdout.write(f"{sent}")
                return
            time.sleep(1)

    def _bench(self, number: int, rate: float) -> None:
        devices = [row for row in simulated_devices() if row.habit == Habit.STEADY]
        if not devices:
            raise CommandError("No device to play: register one with a sample model.")
        now = clock.now()
        packets = [
            device.uplink(now + timedelta(milliseconds=place), tag=uuid.uuid4().hex)
            for place, device in enumerate(islice(cycle(devices), number))
        ]
        begin = time.monotonic()
        for start in range(0, number, 100):
            if rate:
                time.sleep(max(0.0, begin + start / rate - time.monotonic()))
            self._publish(packets[start : start + 100])
        seconds = time.monotonic() - begin
        self.stdout.write(f"{number} uplinks in {seconds:.1f} s: {number / seconds:,.0f}/s acknowledged")

    def _publish(self, messages: Sequence[Message]) -> int:
        """Publish ``messages`` and wait until the broker has them; how many."""
        sent: list[mqtt.MQTTMessageInfo] = [
            self.client.publish(topic, payload, qos=1) for topic, payload in messages
        ]
        for information in sent:
            # Away from the broker the client keeps its messages and sends them later.
            with contextlib.suppress(RuntimeError, ValueError):
                information.wait_for_publish(60)
        return len(sent)


def _due(
    device: SimulatedDevice, on: dict[str, datetime | None], last: datetime, now: datetime
) -> Sequence[Message]:
    """What ``device`` sends in (last, now]. ``on`` remembers who still waits to be switched on."""
    moment = on.setdefault(device.dev_eui, now + SWITCHED_ON)
    if moment is None:
        return [message for _at, message in device.messages(last, now, now)]
    if moment > now:
        return []
    on[device.dev_eui] = None
    return device.first(moment)
