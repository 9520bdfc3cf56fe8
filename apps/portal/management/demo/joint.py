"""Sample joint applicants and consents of facilities' keepers, in each state."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from apps.calls.domain.consent import GRACE
from apps.calls.domain.joint import LIFETIME
from apps.calls.models import Application, FacilityConsent, JointApplicant
from apps.core import clock
from apps.core.tokens import new_token
from apps.portal.management.demo.fixture import Fixture


def load_joint(fixture: Fixture) -> int:
    """Rows that are missing. Their links were never mailed: send new ones from the pages."""
    rows = fixture.read("joint")
    made = sum(_joint(fixture, row) for row in rows["joint"])
    return made + sum(_consent(fixture, row) for row in rows["consents"])


def _moments(fixture: Fixture, row: dict[str, Any], *names: str) -> dict[str, datetime]:
    return {name: fixture.moment(row[name]) for name in names if name in row}


def _joint(fixture: Fixture, row: dict[str, Any]) -> int:
    application = Application.objects.get(code=row["application"])
    if JointApplicant.objects.filter(application=application, email=row["email"]).exists():
        return 0
    moments = _moments(fixture, row, "sent_at", "answered_at")
    joint = JointApplicant(
        application=application,
        token_hash=new_token()[1],
        invited_by=application.created_by,
        expires_at=moments["sent_at"] + LIFETIME,
        user=fixture.people.get(row.get("user", "")),
        organization=fixture.organizations.get(row.get("organization", "")),
        **{name: row[name] for name in ("org_name", "contact_name", "email", "state")},
        **moments,
    )
    joint.full_clean()
    joint.save()
    return 1


def _consent(fixture: Fixture, row: dict[str, Any]) -> int:
    application = Application.objects.get(code=row["application"])
    if FacilityConsent.objects.filter(application=application, email=row["email"]).exists():
        return 0
    due = fixture.day(row["due_on"])
    texts = ("facility", "owner_name", "email", "message", "state")
    answers = ("answered_by", "answered_section", "comment", "void_reason")
    consent = FacilityConsent(
        application=application,
        token_hash=new_token()[1],
        asked_by=fixture.staff,
        due_on=due,
        expires_at=datetime.combine(due, time(23, 59, 59), tzinfo=clock.TOKYO) + GRACE,
        answered_from="192.0.2.10" if "answered_at" in row else None,
        **{name: row[name] for name in texts},
        **{name: row.get(name, "") for name in answers},
        **_moments(fixture, row, "answered_at", "read_at"),
    )
    consent.full_clean()
    consent.save()
    asked = fixture.moment(row["asked_at"]) - timedelta(hours=3)
    FacilityConsent.objects.filter(pk=consent.pk).update(created_at=asked)
    return 1
