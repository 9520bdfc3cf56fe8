"""Decisions as two members of staff make them: decided, signed, made final."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.calls.domain.deciding import decision_save, decision_sign
from apps.calls.domain.publishing import decisions_publish
from apps.calls.enums import Outcome
from apps.calls.models import Application, Decision
from tests.factories.people import UserFactory

#: What an outcome cannot be without.
NEEDED: dict[str, dict[str, Any]] = {
    Outcome.ADOPT: {},
    Outcome.CONDITIONS: {"conditions": "冬の間は除雪の邪魔にならない所に置いてください。"},
    Outcome.WAITLIST: {"reason": "機器の数に限りがあります。", "rank": 1},
    Outcome.DECLINE: {"reason": "この場所には電波が届きません。"},
}


def quiet(application: Application, actor: User, outcome: str = Outcome.ADOPT, **values: Any) -> Decision:
    """A decision that nobody signed."""
    kept = Decision.objects.filter(application=application).first()
    version = kept.version if kept else 0
    row = decision_save(
        application=application,
        actor=actor,
        version=version,
        outcome=outcome,
        **{**NEEDED[outcome], **values},
    )
    assert row is not None
    return row


def signed(application: Application, actor: User, outcome: str = Outcome.ADOPT, **values: Any) -> Decision:
    """A decision that another member of staff signed."""
    row = quiet(application, actor, outcome, **values)
    if row.signed_by_id is not None:
        return row
    return decision_sign(decision=row, actor=UserFactory.create(is_staff=True), version=row.version)


def final(application: Application, actor: User, outcome: str = Outcome.ADOPT, **values: Any) -> Application:
    """The application, its decision final; the mails are held in ``decision-<call>``."""
    row = signed(application, actor, outcome, **values)
    decisions_publish(call=application.call, versions={application.pk: row.version}, actor=actor)
    return Application.objects.select_related("call").get(pk=application.pk)
