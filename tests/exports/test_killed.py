"""The worker is killed in the middle of an export: SIGKILL to a real process, on real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.devices.models import Device
from apps.exports.domain import export_step
from tests.cast import Cast
from tests.exports.test_making import table
from tests.factories.exports import asked, made, uplinks
from tests.killing import killed_at_a_lock, killed_is_gone, locker

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = """
import django, sys
from django.conf import settings
place = {{"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {{"location": "{folder}"}}}}
settings.STORAGES = {{**settings.STORAGES, "exports": place}}
django.setup()
from apps.exports.domain import export_step
while export_step(export_id="{export}", size=2):
    pass
"""


@pytest.mark.parametrize(
    ("lock", "parts"),
    [
        ("telemetry_uplink IN ACCESS EXCLUSIVE MODE", 1),  # before it could read the next rows
        ("exports_exportjob IN SHARE MODE", 2),  # the part is in the storage, and its place not yet written
    ],
)
def test_a_worker_killed_in_the_middle_costs_one_slice(
    cast: Cast, device: Device, folder: Path, lock: str, parts: int
) -> None:
    uplinks(device, 7)
    export = asked(device, cast.owner)
    export_step(export_id=export.pk)
    export_step(export_id=export.pk, size=2)
    with locker() as held_by:
        held_by.execute(f"LOCK TABLE {lock}".encode())
        killed_at_a_lock(SCRIPT.format(folder=folder, export=export.pk))
        assert len([path for path in folder.glob("*/*") if path.stat().st_size]) == parts
        held_by.rollback()
    killed_is_gone()
    export.refresh_from_db()
    assert (export.state, export.rows_done, len(export.parts)) == ("running", 2, 1)
    made(export, size=2)
    times = [row[0] for row in table(export)[1:]]
    assert times == sorted(set(times))
    assert len(times) == export.rows_done == 7
    assert [path.stat().st_size for path in folder.glob("*/*")] == [export.size]
