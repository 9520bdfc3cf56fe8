"""Files of data, asked for: the worker makes them once the simulator has filled the last two days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.exports.domain import JOB, export_ask
from apps.exports.models import ExportJob
from apps.outbox.models import Job
from apps.portal.management.demo.fixture import Fixture
from apps.trials.models import Trial

#: Until then the devices' past has arrived.
LATER = timedelta(minutes=3)


def load_exports(fixture: Fixture) -> int:
    """None when the organization has asked for one already."""
    return sum(_ask(fixture, row) for row in fixture.read("exports"))


def _ask(fixture: Fixture, row: dict[str, Any]) -> int:
    owner = fixture.organizations.get(row["organization"])
    trial = Trial.objects.filter(code=row["trial"]).first()
    known = ExportJob.objects.filter(organization=owner, kind=row["kind"])
    if owner is None or trial is None or known.exists():
        return 0
    asked = {"trial": trial.code, "until": (clock.now() + LATER).isoformat(), **row["asked"]}
    export = export_ask(
        organization=owner,
        actor=fixture.people[row["by"]],
        kind=row["kind"],
        asked=asked,
        format=row["format"],
        gzip=row.get("gzip", False),
    )
    waiting = Job.objects.filter(kind=JOB, payload={"export": str(export.pk)})
    waiting.update(next_attempt_at=clock.now() + LATER)
    return 1
