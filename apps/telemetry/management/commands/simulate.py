"""``manage.py simulate``: publish what the demo's devices would send, as ChirpStack would publish it."""

from __future__ import annotations

import contextlib
import signal
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

import paho.mqtt.client as mqtt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.telemetry.integrations.mqtt import Broker, client_for, connect
from apps.telemetry.integrations.simulator import SimulatedDevice
from apps.telemetry.selectors import simulated_devices


class Command(BaseCommand):
    help = "Publish sample events of the demo's devices over MQTT (real ChirpStack v4 JSON). Demo only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--backfill-hours", type=float, default=48, help="hours of the past to publish first"
        )
        parser.add_argument("--once", action="store_true", help="stop after the past")
        parser.add_argument("--device", help="play only the device with this DevEUI")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The simulator runs in the demo only: it would mix samples with real readings."
            )
        self.stopping = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        broker = Broker(settings.MQTT_URL, settings.MQTT_USERNAME, settings.MQTT_PASSWORD)
        self.client = client_for(broker, "machitry-simulator")
        self.client.max_queued_messages_set(0)
        connect(self.client, broker)
        self.client.loop_start()
        try:
            self._wait_for_broker()
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
        while not self.stopping:
            now = clock.now()
            sent = [
                self._publish(device, moment)
                for device in self._devices(options)
                for moment in moments(device, last, now)
                if not device.lost(moment, now)
            ]
            for information in sent[-1:]:
                # Away from the broker the client keeps its messages and sends them later.
                with contextlib.suppress(RuntimeError, ValueError):
                    information.wait_for_publish(60)
            last = now
            if options["once"]:
                self.stdout.write(f"{len(sent)}")
                return
            time.sleep(1)

    def _publish(self, device: SimulatedDevice, moment: datetime) -> mqtt.MQTTMessageInfo:
        topic, payload = device.message(moment)
        information = self.client.publish(topic, payload, qos=1)
        if device.seed.random() < 0.02:
            self.client.publish(topic, payload, qos=1)
        return information


def moments(device: SimulatedDevice, after: datetime, until: datetime) -> list[datetime]:
    """The device's sending times in (after, until]: whole intervals, shifted by its DevEUI."""
    shift = int(device.dev_eui[-4:], 16) % device.interval
    first = int((after.timestamp() - shift) // device.interval) + 1
    last = int((until.timestamp() - shift) // device.interval)
    return [datetime.fromtimestamp(n * device.interval + shift, tz=UTC) for n in range(first, last + 1)]
