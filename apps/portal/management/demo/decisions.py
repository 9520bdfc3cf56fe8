"""A call with results: decided, signed, made final, told, and answered by its companies."""

from __future__ import annotations

from typing import Any

from apps.calls.domain import application_accept, application_turn_down
from apps.calls.domain.deciding import decision_save, decision_sign
from apps.calls.domain.mails import decision_batch
from apps.calls.domain.publishing import decisions_publish
from apps.calls.models import Application, Call, Decision
from apps.outbox.domain import batch_release
from apps.portal.management.demo.fixture import Fixture
from apps.portal.management.demo.past import mails_left

_ANSWERS = {"accept": application_accept, "turn_down": application_turn_down}


def load_decisions(fixture: Fixture) -> int:
    """All by the acts of staff and companies; nothing when the call was decided before."""
    data = fixture.read("results")
    call = Call.objects.get(code=data["call"])
    if Decision.objects.filter(application__call=call).exists():
        return 0
    for code, row in data["decisions"].items():
        decide(fixture, Application.objects.get(code=code), row, data["decided"], data["signed"])
    made = Decision.objects.filter(application__call=call)
    versions = {decision.application_id: decision.version for decision in made}
    decisions_publish(call=call, versions=versions, actor=fixture.staff, now=fixture.moment(data["final"]))
    with mails_left(fixture.moment(data["told"])):
        batch_release(batch=decision_batch(call.code), actor=fixture.staff, now=fixture.moment(data["told"]))
    for row in data["answers"]:
        _answer(fixture, row)
    return len(versions)


def decide(
    fixture: Fixture, application: Application, row: dict[str, Any], decided: Any, signed: Any = None
) -> None:
    """Decide quietly as ``row`` says; with ``signed`` a second person signs it then."""
    values = {name: row[name] for name in row if name in _SAID}
    decision = decision_save(
        application=application, actor=fixture.staff, version=0, now=fixture.moment(decided), **values
    )
    assert decision is not None
    if signed is not None:
        decision_sign(
            decision=decision, actor=fixture.chief, version=decision.version, now=fixture.moment(signed)
        )


_SAID = ("outcome", "reason", "conditions", "granted_devices", "granted_messages", "rank")


def _answer(fixture: Fixture, row: dict[str, Any]) -> None:
    now = fixture.moment(row["at"])
    application = Application.objects.get(code=row["application"])
    with mails_left(now):
        _ANSWERS[row["act"]](application=application, actor=fixture.people[row["by"]], now=now)
