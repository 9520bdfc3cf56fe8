"""``manage.py redecode``: decode stored uplinks of a device model again, here and now."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import clock
from apps.core.errors import DomainError
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import DeviceModel
from apps.telemetry.domain.redecode import SLICE, redecode_start, redecode_step
from apps.telemetry.models import Redecode
from apps.telemetry.selectors.redecode import decoding_codec


class Command(BaseCommand):
    help = (
        "Decode stored uplinks of a device model again with the version that decodes now. "
        "Stopped here, the worker goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="maker and name, as in the list of device models, or its id")
        parser.add_argument("since", help="from this moment on, such as 2026-11-01 or 2026-11-01T09:00")
        parser.add_argument("--slice", type=int, default=SLICE, help="uplinks in one transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        redecode = self._begun(options["model"], options["since"])
        with CodecRunner() as runner:
            while redecode_step(redecode_id=redecode.pk, runner=runner, size=max(options["slice"], 1)):
                redecode.refresh_from_db()
                self.stdout.write(f"{redecode.seen} of about {redecode.total}, {redecode.changed} changed")
        redecode.refresh_from_db()
        words = f"{redecode.state}: {redecode.seen} uplinks, {redecode.changed} changed"
        self.stdout.write(f"{words}, {redecode.failed} not read")

    def _begun(self, name: str, since: str) -> Redecode:
        found = [model for model in DeviceModel.objects.all() if name in (str(model), str(model.pk))]
        if len(found) > 1:  # companies name theirs as they like
            ids = ", ".join(f"{model.pk} ({model.organization or 'the city'})" for model in found)
            raise CommandError(f"Several device models are called “{name}”. Give the id of one: {ids}.")
        codec = decoding_codec(found[0]) if found else None
        if codec is None:
            known = ", ".join(f"“{model}”" for model in DeviceModel.objects.all())
            raise CommandError(f"No device model with a codec is called “{name}”. There are: {known}.")
        try:
            moment = datetime.fromisoformat(since)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.TOKYO)
            return redecode_start(codec=codec, since=moment, actor=None)
        except ValueError as error:
            raise CommandError(f"Not a moment: {since}") from error
        except DomainError as error:
            raise CommandError(error.message) from error
