"""Sample calls and applications in each state."""

from __future__ import annotations

from typing import Any

from apps.calls.enums import ApplicationState
from apps.calls.models import Application, ApplicationNumber, Call
from apps.organizations.models import Organization
from apps.portal.management.demo.fixture import Fixture
from apps.trials.domain import trial_open
from apps.trials.models import Trial

_MOMENTS = ("opens_at", "closes_at", "published_at", "results_published_at")
_DAYS = ("decision_on", "trial_from", "trial_until")
_TEXTS = ("title", "need", "plan", "device_count", "place_name")


def load_calls(fixture: Fixture) -> int:
    made = 0
    for row in fixture.read("calls"):
        if Call.objects.filter(code=row["code"]).exists():
            continue
        values = {
            **row,
            "fiscal_year": int(row["fiscal_year"]),
            **{name: fixture.moment(row[name]) for name in _MOMENTS if name in row},
            **{name: fixture.day(row[name]) for name in _DAYS},
        }
        call = Call(**values)
        call.full_clean()
        call.save()
        made += 1
    return made


def load_applications(fixture: Fixture) -> int:
    """Applications with their past; accepted ones get their trial by the way every trial is opened."""
    made = 0
    for row in fixture.read("applications"):
        if Application.objects.filter(code=row["code"]).exists():
            continue
        application = _application(fixture, row)
        if application.state == ApplicationState.ACCEPTED:
            _open_trial(application, row)
        made += 1
    _numbers(fixture)
    return made


def _application(fixture: Fixture, row: dict[str, Any]) -> Application:
    person = fixture.people[row["by"]]
    organization: Organization | None = fixture.organizations.get(row.get("organization", ""))
    moments = {
        name: fixture.moment(row[name])
        for name in ("submitted_at", "decided_at", "answered_at")
        if name in row
    }
    application = Application(
        code=row["code"],
        call=Call.objects.get(code=row["call"]),
        # What is decided in the snow call is decided below, as staff do it.
        state=row["state"] if "decided_at" in row or "submitted_at" not in row else _received(row),
        created_by=person,
        organization=organization,
        org_kind=organization.kind if organization else "",
        org_name=organization.name if organization else "",
        org_kana=organization.name_kana if organization else "",
        contact_name=person.name if organization else "",
        contact_email=person.email if organization else "",
        place=fixture.point(row.get("place")),
        **{name: row.get(name) for name in _TEXTS},
        **moments,
    )
    if decided := moments.get("decided_at"):
        application.decided_by = fixture.staff
        application.decision_reason = row.get("decision_reason", "")
        application.decision_published_at = decided
    application.full_clean()
    application.save()
    if submitted := moments.get("submitted_at"):
        Application.objects.filter(pk=application.pk).update(created_at=submitted)
    return application


def _received(row: dict[str, Any]) -> str:
    withdrawn = row["state"] == ApplicationState.WITHDRAWN
    return str(ApplicationState.WITHDRAWN if withdrawn else ApplicationState.SUBMITTED)


def _open_trial(application: Application, row: dict[str, Any]) -> None:
    trial = trial_open(application=application, actor=application.created_by, now=application.answered_at)
    Trial.objects.filter(pk=trial.pk).update(
        title_en=row.get("title_en", ""), summary_en=row.get("summary_en", "")
    )


def _numbers(fixture: Fixture) -> None:
    """The next real application gets the number after the samples."""
    last = max(int(row["code"].split("-")[1]) for row in fixture.read("applications"))
    number, _made = ApplicationNumber.objects.select_for_update().get_or_create(
        fiscal_year=fixture.fiscal_year
    )
    if number.last < last:
        number.last = last
        number.save(update_fields=["last"])
