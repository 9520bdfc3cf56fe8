"""Decisions that wait with their mails until staff release them."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from apps.calls.domain.deciding import decision_save, decision_sign
from apps.calls.domain.publishing import decisions_publish
from apps.calls.enums import DECIDED_STATES, ApplicationState, Outcome
from apps.calls.models import Application
from apps.portal.management.demo.fixture import Fixture

#: When the decisions of the snow call were made; signed and made final in the hours after.
DECIDED = [-1, "16:00"]
HOUR = timedelta(hours=1)
OUTCOMES = {
    ApplicationState.ADOPTED: Outcome.ADOPT,
    ApplicationState.WAITLISTED: Outcome.WAITLIST,
    ApplicationState.DECLINED: Outcome.DECLINE,
}


def load_decisions(fixture: Fixture) -> int:
    """Decide the snow call's applications as staff do it: each leaves one held mail."""
    waiting = []
    for row in fixture.read("applications"):
        if row["state"] not in DECIDED_STATES or "decided_at" in row:
            continue
        application = Application.objects.select_related("call").get(code=row["code"])
        if application.state == ApplicationState.SUBMITTED:
            waiting.append((application, _decide(fixture, application, row)))
    now = fixture.moment(DECIDED) + 2 * HOUR
    for call, rows in groupby(waiting, key=lambda pair: pair[0].call):
        versions = {application.pk: version for application, version in rows}
        decisions_publish(call=call, versions=versions, actor=fixture.staff, now=now)
    return len(waiting)


def _decide(fixture: Fixture, application: Application, row: dict[str, Any]) -> int:
    """Decide and sign; the version that is made final."""
    moment = fixture.moment(DECIDED)
    decision = decision_save(
        application=application,
        actor=fixture.staff,
        version=0,
        outcome=OUTCOMES[row["state"]],
        granted_devices=row.get("granted_devices"),
        granted_messages=row.get("granted_messages"),
        reason=row.get("decision_reason", ""),
        rank=row.get("waitlist_rank"),
        now=moment,
    )
    assert decision is not None
    signed = decision_sign(
        decision=decision, actor=fixture.chief, version=decision.version, now=moment + HOUR
    )
    return signed.version
