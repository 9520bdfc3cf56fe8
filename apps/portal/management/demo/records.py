"""Sample trials of past years and their reports, in all four outcomes."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from apps.core import clock
from apps.devices.domain import device_register, device_retire
from apps.devices.models import DeviceModel
from apps.portal.management.demo.devices import device_models, sample_app_key
from apps.portal.management.demo.fixture import Fixture
from apps.reports.enums import ReportState
from apps.reports.models import Report
from apps.trials.enums import Access, ParticipantRole, Precision, QuotaKind, TrialState
from apps.trials.models import Participant, Site, Trial, TrialQuota

_TEXTS = ("title", "title_en", "summary", "summary_en")


def load_trials(fixture: Fixture) -> int:
    models = device_models(fixture)
    made = 0
    for row in fixture.read("trials"):
        if Trial.objects.filter(code=row["code"]).exists():
            continue
        trial = _trial(fixture, row)
        _places(fixture, trial, row)
        _devices(trial, row, models[row["model"]])
        made += 1
    return made


def _trial(fixture: Fixture, row: dict[str, Any]) -> Trial:
    organizations = fixture.organizations
    trial = Trial(
        code=row["code"],
        organization=organizations[row["organization"]],
        fiscal_year=int(row["fiscal_year"]),
        starts_on=fixture.day(row["starts_on"]),
        ends_on=fixture.day(row["ends_on"]),
        state=TrialState.STOPPED if row.get("stopped") else TrialState.ACTIVE,
        **{name: row[name] for name in _TEXTS},
    )
    trial.full_clean()
    trial.save()
    lead = Participant(trial=trial, organization=trial.organization, role=ParticipantRole.LEAD)
    partners = [
        Participant(
            trial=trial, organization=organizations[key], role=ParticipantRole.PARTNER, access=Access.READ
        )
        for key in row["partners"]
    ]
    Participant.objects.bulk_create([lead, *partners])
    for kind, granted in ((QuotaKind.DEVICES, 50), (QuotaKind.MESSAGES, 5000)):
        TrialQuota.objects.create(trial=trial, kind=kind, granted=granted)
    return trial


def _places(fixture: Fixture, trial: Trial, row: dict[str, Any]) -> None:
    for place in row["sites"]:
        site = Site(
            trial=trial,
            name=place["name"],
            point=fixture.point(place["point"]),
            precision=place.get("precision", Precision.DISTRICT),
        )
        site.full_clean()
        site.save()


def _devices(trial: Trial, row: dict[str, Any], model: DeviceModel) -> None:
    """Devices of an ended trial: registered on its first day, retired since."""
    number = trial.code.replace("-", "")
    began = datetime.combine(trial.starts_on, time(9), tzinfo=clock.TOKYO)
    state, trial.state = trial.state, TrialState.ACTIVE
    for index in range(1, row["devices"] + 1):
        eui = f"02fd{number:0>10}{index:02d}"
        device = device_register(
            trial=trial,
            actor=None,
            name=f"{row['device_name']} {index}",
            dev_eui=eui,
            join_eui="0000000000000000",
            app_key=sample_app_key(eui),
            model=model,
            now=began,
        )
        device_retire(device=device, actor=None)
    trial.state = state


def load_reports(fixture: Fixture) -> int:
    """Published reports and one that waits for the city; written as they stand, without their mails."""
    made = 0
    for row in fixture.read("reports"):
        if not Report.objects.filter(trial__code=row["trial"]).exists():
            _report(fixture, row)
            made += 1
    return made


def _report(fixture: Fixture, row: dict[str, Any]) -> None:
    values = {name: value for name, value in row.items() if name not in ("trial", "at")}
    moment = fixture.moment(row["at"])
    report = Report(trial=Trial.objects.get(code=row["trial"]), **values, submitted_at=moment)
    if report.state == ReportState.PUBLISHED:
        report.published_at = moment
        report.approved_by = fixture.staff
    report.full_clean()
    report.save()
    Report.objects.filter(pk=report.pk).update(created_at=moment, updated_at=moment)
