"""Exports made by the worker: what is in the file, interruptions, cancelling, deletion, the numbers."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.devices.models import Device
from apps.exports.domain import JOB, export_ask, export_cancel, export_job, export_step, exports_forget
from apps.exports.enums import ExportState
from apps.exports.errors import ExportsFull
from apps.exports.integrations import files
from apps.exports.models import ExportJob
from apps.exports.rules import Page, kind_of, register_export
from apps.exports.selectors import download_name
from apps.organizations.models import Organization
from apps.outbox.models import Job, Message
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.devices import DeviceFactory
from tests.factories.exports import asked, made, uplinks
from tests.factories.organizations import MembershipFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def content(export: ExportJob) -> bytes:
    with files.file_open(export.file) as file:
        return file.read()


def table(export: ExportJob) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(export).decode("utf-8-sig"), newline="")))


def test_export_of_a_trial_is_one_file_with_every_uplink(cast: Cast, device: Device, folder: Path) -> None:
    other = DeviceFactory.create(trial=device.trial, model=device.model, name="=WL-10")
    uplinks(device, 3)
    uplinks(other, 2, values={"level": -1.5, "door": True, "tags": ["a", "b"]})
    export = asked(device, cast.owner)
    assert Job.objects.get(kind=JOB).payload == {"export": str(export.pk)}
    made(export, size=2)
    assert (export.state, export.rows_done, export.rows_total, export.parts) == ("done", 5, 5, [])
    raw = content(export)
    assert raw.startswith(b"\xef\xbb\xbftime,device,dev_eui,level,door,tags,rssi_dbm")
    assert b"\r\n" in raw
    assert (export.size, export.sha256) == (len(raw), hashlib.sha256(raw).hexdigest())
    rows = table(export)[1:]
    assert {row[1] for row in rows} == {"WL-09", "'=WL-10"}  # no formula
    assert [row[3:6] for row in rows if row[1] == "WL-09"] == [
        [f"0.0{n}" if n else "0.0", "", ""] for n in range(3)
    ]
    assert {tuple(row[3:6]) for row in rows if row[1] != "WL-09"} == {("-1.5", "true", '["a","b"]')}


def test_export_as_json_lines_and_compressed(cast: Cast, device: Device) -> None:
    uplinks(device, 5, values={"level": 1.5, "time": "12:00"})
    export = made(asked(device, cast.owner, format="jsonl", gzip=True), size=2)
    lines = [json.loads(line) for line in gzip.decompress(content(export)).splitlines()]
    assert len(lines) == 5
    assert (lines[0]["level"], lines[0]["values.time"], lines[0]["rssi_dbm"]) == (1.5, "12:00", -97)
    assert download_name(export).endswith(".jsonl.gz")


@pytest.mark.parametrize(
    ("kind", "wanted", "column"),
    [
        ("telemetry.uplinks", {"content": "raw"}, "data_hex"),
        ("telemetry.uplinks", {"fields": ["level"]}, "level"),
        ("telemetry.hours", {}, "mean"),
        ("telemetry.events", {}, "kind"),
    ],
)
def test_export_of_each_kind(
    cast: Cast, device: Device, kind: str, wanted: dict[str, Any], column: str
) -> None:
    uplinks(device, 4)
    found = {"device": str(device.pk), **wanted}
    export = export_ask(organization=cast.organization, actor=cast.colleague, kind=kind, asked=found)
    rows = table(made(export, size=2))
    assert column in rows[0]
    assert len(rows) == {"telemetry.uplinks": 5, "telemetry.hours": 2, "telemetry.events": 1}[kind]


def test_export_holds_only_its_stretch_and_its_trial(cast: Cast, device: Device) -> None:
    now = clock.now()
    uplinks(device, 10, end=now)
    elsewhere = DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization))
    uplinks(elsewhere, 2)
    wanted = {
        "since": (now - timedelta(minutes=4)).isoformat(),
        "until": (now - timedelta(minutes=1)).isoformat(),
    }
    assert len(table(made(asked(device, cast.owner, asked=wanted)))) == 1 + 3


def test_export_keeps_what_a_device_sent_before_it_was_moved_away(cast: Cast, device: Device) -> None:
    uplinks(device, 3)
    trial, there = device.trial, TrialFactory.create(organization=cast.organization)
    Device.objects.filter(pk=device.pk).update(trial=there)
    device.refresh_from_db()
    here = export_ask(
        organization=cast.organization,
        actor=cast.owner,
        kind="telemetry.uplinks",
        asked={"trial": trial.code},
    )
    assert len(table(made(here))) == 4
    assert len(table(made(asked(device, cast.owner)))) == 1


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ({"trial": ""}, "trial"),
        ({"trial": 5}, "trial"),
        ({"device": "x"}, "device"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "until"),
        ({"fields": "level"}, "fields"),
        ({"fields": ["nothing"]}, "fields"),
        ({"content": "all"}, "content"),
        ({"colour": "red"}, "params"),
    ],
)
def test_odd_wish_is_refused_at_its_place(
    cast: Cast, device: Device, wanted: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(device, cast.owner, asked=wanted)
    assert set(refused.value.fields) == {place}


def test_who_may_ask(cast: Cast, device: Device) -> None:
    with pytest.raises(NotAllowed):
        asked(device, cast.reader)
    with pytest.raises(NotAllowed):
        asked(device, cast.staff)
    theirs = TrialFactory.create(organization=cast.other)
    with pytest.raises(NotFound):
        asked(device, cast.owner, asked={"trial": theirs.code})
    with pytest.raises(InvalidInput):
        export_ask(organization=cast.organization, actor=cast.owner, kind="nothing", asked={})


def test_a_killed_worker_costs_one_slice_and_one_file_comes_of_it(
    cast: Cast, device: Device, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    uplinks(device, 7)
    export = asked(device, cast.owner)
    export_step(export_id=export.pk)
    export_step(export_id=export.pk, size=2)
    with suppress(KeyboardInterrupt), transaction.atomic():
        export_step(export_id=export.pk, size=2)
        raise KeyboardInterrupt  # killed before the commit: its part lies in the storage, unknown
    assert len(list(folder.glob("*/*"))) == 2
    with django_capture_on_commit_callbacks(execute=True):
        made(export, size=2)
    assert [path.stat().st_size for path in folder.glob("*/*")] == [export.size]
    times = [row[0] for row in table(export)[1:]]
    assert times == sorted(set(times))
    assert len(times) == export.rows_done == 7


def test_a_slice_that_fails_is_tried_again_and_told_in_the_end(cast: Cast, device: Device) -> None:
    uplinks(device, 3)
    export = asked(device, cast.owner)
    ExportJob.objects.filter(pk=export.pk).update(kind="nobody.gives.this")
    waits = [export_job({"export": str(export.pk)}) for _ in range(5)]
    assert all(waits[:4])
    assert waits[4] is None
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert "nobody.gives.this" in export.error
    assert Message.objects.get(template="exports-failed").to_email == "owner@example.jp"


def test_a_failing_source_goes_on_where_it_was(cast: Cast, device: Device) -> None:
    """A page that fails once: nothing is written twice, nothing is left out."""
    uplinks(device, 5)
    known, calls = kind_of("telemetry.uplinks"), []
    assert known is not None

    def rows(*arguments: Any) -> Page:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("away")
        return known.rows(arguments[0], arguments[1], arguments[2], 2)

    register_export(type(known)(**{**known.__dict__, "rows": rows}))
    try:
        export = asked(device, cast.owner)
        turns = 0
        while export_job({"export": str(export.pk)}) is not None:
            turns += 1
    finally:
        register_export(known)
    export.refresh_from_db()
    assert export.state == ExportState.DONE
    assert len(table(export)) == 6


def test_ready_is_told_to_the_maker_in_their_language(cast: Cast, device: Device) -> None:
    cast.colleague.language = "en"
    cast.colleague.save()
    uplinks(device, 2)
    for _ in range(2):
        export = made(asked(device, cast.colleague))
    mail = Message.objects.filter(template="exports-ready").first()
    assert mail is not None
    assert (mail.to_email, mail.language) == ("colleague@example.jp", "en")
    assert f"/en/o/{cast.organization.pk}/exports/" in mail.body
    assert "Rows: 2" in mail.body
    assert Message.objects.filter(template="exports-ready").count() == 2
    actions = AuditEntry.objects.filter(object_id=str(export.pk)).values_list("action", flat=True)
    assert set(actions) == {"export.ask", "export.done"}


def test_who_left_meanwhile_is_told_nothing(cast: Cast, device: Device) -> None:
    uplinks(device, 3)
    export = asked(device, cast.colleague)
    cast.organization.memberships.filter(user=cast.colleague).delete()
    assert made(export).state == ExportState.DONE
    assert not Message.objects.filter(template="exports-ready").exists()


def test_cancelling_deletes_what_was_written(
    cast: Cast, device: Device, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    uplinks(device, 5)
    export = asked(device, cast.owner)
    export_step(export_id=export.pk)
    export_step(export_id=export.pk, size=2)
    with pytest.raises(NotAllowed):
        export_cancel(export=export, actor=cast.reader)
    with django_capture_on_commit_callbacks(execute=True):
        export_cancel(export=export, actor=cast.colleague)
    assert not list(folder.glob("*/*"))
    assert not export_step(export_id=export.pk)
    with pytest.raises(Conflict):
        export_cancel(export=export, actor=cast.colleague)


def test_files_are_deleted_after_seven_days(
    cast: Cast, device: Device, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    uplinks(device, 2)
    export = made(asked(device, cast.owner))
    assert export.ended_at is not None
    with django_capture_on_commit_callbacks(execute=True):
        assert exports_forget(now=export.ended_at + timedelta(days=6, hours=23)) == 0
        assert exports_forget(now=export.ended_at + timedelta(days=7, seconds=1)) == 1
    export.refresh_from_db()
    assert (export.state, export.file) == (ExportState.EXPIRED, "")
    assert not list(folder.iterdir())


def test_numbers_are_refused_in_words_with_their_size(cast: Cast, device: Device, settings: Any) -> None:
    settings.EXPORTS_AT_ONCE, settings.EXPORTS_A_DAY = 2, 3
    first, _second = asked(device, cast.owner), asked(device, cast.owner)
    with pytest.raises(ExportsFull) as full:
        asked(device, cast.owner)
    assert (full.value.code, full.value.data) == (
        "exports_at_once",
        {"limit": 2, "used": 2, "frees_at": None},
    )
    made(first)
    made(asked(device, cast.owner))
    with pytest.raises(ExportsFull) as full:
        asked(device, cast.owner)
    assert full.value.code == "exports_a_day"
    assert "3" in full.value.message
    assert full.value.data["frees_at"].endswith("00:00:00+09:00")
    tomorrow = clock.now() + timedelta(days=1)
    assert asked(device, cast.owner, now=tomorrow).state == ExportState.WAITING


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_get_past_the_number(settings: Any) -> None:
    settings.EXPORTS_AT_ONCE = 1
    device = DeviceFactory.create()
    owner = MembershipFactory.create(organization=device.organization).user
    results = at_once([partial(asked, device, owner), partial(asked, device, owner)])
    assert sorted(type(result).__name__ for result in results) == ["ExportJob", "ExportsFull"]
    assert Organization.objects.get(pk=device.organization_id).exports.count() == 1
