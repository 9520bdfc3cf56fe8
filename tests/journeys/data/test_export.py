"""The engineer has a trial's messages made into a file, watches it grow, follows the mail, takes the file.

In Japanese with the keyboard alone. The viewer of the same company looks at all of it and takes the file,
and is refused when asking for one.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from apps.exports.domain import export_step
from apps.exports.models import ExportJob
from apps.outbox.domain import outbox_drain
from apps.outbox.models import Message
from apps.trials.models import Trial
from tests.cast import Cast, make_cast
from tests.factories.devices import DeviceFactory
from tests.factories.exports import uplinks
from tests.factories.trials import TrialFactory
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.stage import Person, Stage, Variant
from tests.journeys.typist import by_keyboard


@pytest.mark.variants("phone-ja")
def test_export_of_a_trial(stage: Stage, variant: Variant, settings: Any, tmp_path: Path) -> None:
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "exports": place}
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    for name in ("WL-01", "WL-02"):
        uplinks(DeviceFactory.create(trial=trial, name=name), 60)
    engineer = by_keyboard(stage.person("engineer", variant))
    signed_in(engineer, cast.colleague)
    asks(engineer, trial)
    watches(engineer)
    takes_it_from_the_mail(engineer)
    viewer_looks(stage.person("viewer", variant), cast, trial)


def asks(engineer: Person, trial: Trial) -> None:
    engineer.goto(f"/o/{trial.organization_id}/")
    engineer.look("organization-home")
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/")
    engineer.look("trial-home")
    engineer.tap("main a[href$='/export/']")
    engineer.fill(since="2030-01-01", until="2029-01-01")
    engineer.submit()
    engineer.page.locator(".error-summary").wait_for()
    engineer.fill(since="", until="")
    engineer.look("export-new")
    engineer.submit()
    engineer.see_message("It begins within a few seconds.")


def watches(engineer: Person) -> None:
    """The page asks again by itself: a bar while it is made, then the file."""
    export = ExportJob.objects.get()
    for _slice in range(2):
        assert export_step(export_id=export.pk, size=50)
    engineer.see_message("Rows written")
    engineer.page.get_by_text(re.compile(r"50\s*/\s*120")).first.wait_for()
    engineer.look("export-running")
    outbox_drain()
    engineer.page.locator("main a[href$='/file/']").wait_for()
    engineer.look("export-ready")


def takes_it_from_the_mail(engineer: Person) -> None:
    mail = Message.objects.get(template="exports-ready")
    assert mail.to_email == "colleague@example.jp"
    found = re.search(r"https?://\S+(/o/\S+/exports/)", mail.body)
    assert found, mail.body
    engineer.goto(found.group(1))
    with engineer.page.expect_download() as waiting:
        engineer.tap("main a[href$='/file/']")
    download = waiting.value
    assert download.suggested_filename.startswith("2026-015-用水路")
    text = Path(download.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 121
    assert {row[1] for row in rows[1:]} == {"WL-01", "WL-02"}


def viewer_looks(viewer: Person, cast: Cast, trial: Trial) -> None:
    signed_in(viewer, cast.reader)
    viewer.goto(f"/o/{trial.organization_id}/exports/")
    assert viewer.page.locator("main a[href$='/file/']").count() == 1
    assert viewer.page.locator("main form, main a[href$='/export/']").count() == 0
    refused = viewer.page.goto(viewer.path(f"/o/{trial.organization_id}/trials/{trial.code}/export/"))
    assert refused is not None
    assert refused.status == 403
    viewer.see_message("Owners, managers and engineers of the organization can do this.")
