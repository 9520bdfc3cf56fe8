"""Decisions that wait with their mails until staff release them."""

from __future__ import annotations

from apps.calls.domain import application_decide
from apps.calls.enums import DECIDED_STATES, ApplicationState
from apps.calls.models import Application
from apps.portal.management.demo.fixture import Fixture

#: When the decisions of the snow call were made.
DECIDED = [-1, "16:00"]


def load_decisions(fixture: Fixture) -> int:
    """Decide the snow call's applications as staff do it: each leaves one held mail."""
    made = 0
    for row in fixture.read("applications"):
        if row["state"] not in DECIDED_STATES or "decided_at" in row:
            continue
        application = Application.objects.get(code=row["code"])
        if application.state != ApplicationState.SUBMITTED:
            continue
        application_decide(
            application=application,
            actor=fixture.staff,
            version=application.version,
            adopt=row["state"] == ApplicationState.ADOPTED,
            granted_devices=row.get("granted_devices"),
            granted_messages=row.get("granted_messages"),
            reason=row.get("decision_reason", ""),
            now=fixture.moment(DECIDED),
        )
        made += 1
    return made
