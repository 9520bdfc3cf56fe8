"""Sample calls and applications in each state."""

from __future__ import annotations

from typing import Any

from apps.calls.domain.derived import DERIVED, derive
from apps.calls.domain.revision import revision_add
from apps.calls.enums import ApplicationState
from apps.calls.models import AnswerVariant, Application, ApplicationNumber, Call, CallQuestion, Theme
from apps.calls.rules.places import area_place, point_place
from apps.organizations.models import Organization
from apps.portal.management.demo.fixture import Fixture
from apps.trials.domain import trial_open
from apps.trials.models import Trial, TrialVersion
from apps.trials.selectors.versions import snapshot

_MOMENTS = ("opens_at", "closes_at", "published_at", "results_published_at")
_DAYS = ("decision_on", "trial_from", "trial_until")
_TEXTS = (
    "title",
    "need",
    "plan",
    "measure",
    "learning",
    "facilities",
    "facility_name",
    "facility_owner",
    "personal_data",
    "personal_data_note",
    "conformity",
    "sharing",
    "decision_reason",
    "return_message",
)
_ADDRESS = ("postal_code", "address", "representative")
_PAST = ("submitted_at", "decided_at", "answered_at", "returned_at", "return_until")


def load_calls(fixture: Fixture) -> int:
    made = 0
    for row in fixture.read("calls"):
        if Call.objects.filter(code=row["code"]).exists():
            continue
        questions = row.pop("extra_questions", [])
        values = {
            **row,
            "fiscal_year": int(row["fiscal_year"]),
            **{name: fixture.moment(row[name]) for name in _MOMENTS if name in row},
            **{name: fixture.day(row[name]) for name in _DAYS},
        }
        call = Call(**values)
        call.full_clean()
        call.save()
        call.themes.set(Theme.objects.all())
        for order, question in enumerate(questions):
            CallQuestion.objects.create(call=call, order=order, **question)
        made += 1
    return made


def load_applications(fixture: Fixture) -> int:
    """Applications with their past; accepted ones get their trial by the way every trial is opened."""
    made = 0
    addresses = {row["key"]: row for row in fixture.read("organizations")}
    for row in fixture.read("applications"):
        if Application.objects.filter(code=row["code"]).exists():
            continue
        application = _application(fixture, row, addresses.get(row.get("organization", ""), {}))
        if application.state == ApplicationState.ACCEPTED:
            _open_trial(application, row)
        made += 1
    _numbers(fixture)
    return made


def _application(fixture: Fixture, row: dict[str, Any], address: dict[str, Any]) -> Application:
    call = Call.objects.get(code=row["call"])
    application = Application(
        code=row["code"],
        call=call,
        state=row["state"],
        **_who(fixture, row, address),
        **_answers(call, row),
        **{name: fixture.moment(row[name]) for name in _PAST if name in row},
    )
    if application.decided_at:
        application.decided_by = fixture.staff
        application.decision_published_at = application.decided_at
        application.granted_devices = row.get("granted_devices")
        application.granted_messages = row.get("granted_messages")
    if application.returned_at:
        application.returned_by = fixture.staff
    derive(application)
    application.full_clean()
    application.save()
    _past(fixture, row, application)
    return application


def _who(fixture: Fixture, row: dict[str, Any], address: dict[str, Any]) -> dict[str, Any]:
    """Who applies: the organization's own data, and the person who began."""
    person = fixture.people[row["by"]]
    organization: Organization = fixture.organizations[row["organization"]]
    return {
        "created_by": person,
        "organization": organization,
        "org_kind": organization.kind,
        "org_name": organization.name,
        "org_kana": organization.name_kana,
        "corporate_number": organization.corporate_number,
        "contact_name": person.name,
        "contact_email": person.email,
        "contact_phone": "076-000-0000",
        **{name: address.get(name, "") for name in _ADDRESS},
    }


def _answers(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """What the screens ask, as the application holds it."""
    parts = ("name", "count", "interval_s", "payload_bytes")
    questions = zip(call.extra_questions.all(), row.get("extra", ()), strict=False)
    return {
        **{name: row.get(name, "") for name in _TEXTS},
        "themes": row["themes"],
        "sensors": [dict(zip(parts, sensor, strict=True)) for sensor in row["sensors"]],
        "places": [_place(*place) for place in row["places"]],
        "period_from": call.trial_from,
        "period_until": call.trial_until,
        "extra_answers": {str(question.pk): text for question, text in questions},
    }


def _place(name: str, where: Any, longitude: float | None = None) -> dict[str, Any]:
    """``[name, latitude, longitude]``, ``[name, [[latitude, longitude], …]]`` or ``[name, null]``."""
    if isinstance(where, list):
        return area_place(name, "\n".join(f"{corner[0]}, {corner[1]}" for corner in where))
    return point_place(name, where, longitude)


def _past(fixture: Fixture, row: dict[str, Any], application: Application) -> None:
    """What was handed in, when it was begun, and the other text where two wrote into one field."""
    if application.submitted_at:
        revision_add(row=application, actor=application.created_by, now=application.submitted_at)
        application.save(update_fields=["revision", *DERIVED])
        Application.objects.filter(pk=application.pk).update(created_at=application.submitted_at)
    if variant := row.get("variant"):
        author = fixture.people[variant["by"]]
        other = AnswerVariant(
            application=application, field=variant["field"], value=variant["value"], author=author
        )
        other.full_clean()
        other.save()
        AnswerVariant.objects.filter(pk=other.pk).update(created_at=fixture.moment(variant["at"]))


def _open_trial(application: Application, row: dict[str, Any]) -> None:
    trial = trial_open(application=application, actor=application.created_by, now=application.answered_at)
    Trial.objects.filter(pk=trial.pk).update(
        title_en=row.get("title_en", ""), summary_en=row.get("summary_en", "")
    )
    # The English belongs to its first version: a sample has no history of its own making.
    TrialVersion.objects.filter(trial=trial).update(snapshot=snapshot(Trial.objects.get(pk=trial.pk)))


def _numbers(fixture: Fixture) -> None:
    """The next real application gets the number after the samples."""
    last = max(int(row["code"].split("-")[1]) for row in fixture.read("applications"))
    number, _made = ApplicationNumber.objects.select_for_update().get_or_create(
        fiscal_year=fixture.fiscal_year
    )
    if number.last < last:
        number.last = last
        number.save(update_fields=["last"])
