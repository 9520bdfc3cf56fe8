"""Who reviews what: the reviewers of a call, and the one door to an assignment."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.calls.models import Call, ReviewAssignment, Reviewer
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.core.errors import NotAllowed, NotFound

#: The code of the refusal whose remedy is to state one's ties or to declare.
DECLARE = "declare"


def reviewer_of(user: Any, call: Call) -> Reviewer | None:
    """The part ``user`` has in reviewing ``call``: accepted and not removed. One query."""
    if not user.is_authenticated:
        return None
    return Reviewer.objects.active().filter(user=user, call=call).first()


def reviewer_calls(user: Any) -> list[Reviewer]:
    """Every call that ``user`` reviews, newest first, each with its ``call``. One query."""
    if not user.is_authenticated:
        return []
    rows = Reviewer.objects.active().filter(user=user).select_related("call")
    return list(rows.order_by("-call__closes_at", "created_at"))


def needs_ties(reviewer: Reviewer) -> bool:
    """The reviewer has not said yet which ties there are, "none" included."""
    return reviewer.ties_stated_at is None


def _not_assigned() -> NotFound:
    return NotFound(_("This application is not assigned to you."))


def access_assignment(*, actor: Any, code: str) -> ReviewAssignment:
    """The actor's assignment of application ``code``, with ``reviewer`` and ``application``.

    ``NotFound`` for strangers, who was removed, to whom it is not assigned and who has a hard conflict,
    without telling which; ``NotAllowed`` with the code ``declare`` while ties or conflict are not stated.
    """
    if not actor.is_authenticated:
        raise _not_assigned()
    row = (
        ReviewAssignment.objects.present()
        .filter(reviewer__user=actor, application__code=code, reviewer__in=Reviewer.objects.active())
        .select_related("reviewer__call", "application__call")
        .first()
    )
    if row is None:
        raise _not_assigned()
    finding = conflicts_of_call(row.reviewer.call).get((row.reviewer_id, row.application_id))
    if finding is not None and finding.is_hard:
        raise _not_assigned()
    if needs_ties(row.reviewer) or row.declared_at is None:
        raise NotAllowed(
            _("First say whether you have a conflict of interest with this application."), code=DECLARE
        )
    return row
