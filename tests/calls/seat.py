"""The door that reviewers' pages use, as a test asks it: the assignment, or the refusal."""

from __future__ import annotations

from typing import Any

from apps.calls.models import Application, ReviewAssignment
from apps.calls.selectors.phases import active_phase
from apps.calls.selectors.review_work import access_seat
from apps.core import clock
from apps.core.errors import NotAllowed
from tests.factories.review import ReviewPhaseFactory


def seated(*, actor: Any, code: str) -> ReviewAssignment:
    """The actor's assignment of ``code``, readable now; a phase is under way.

    Raises ``NotFound`` as the door does, and ``NotAllowed`` with the step that stands in the way.
    """
    application = Application.objects.select_related("call").filter(code=code).first()
    if application is not None and active_phase(application.call) is None:
        ReviewPhaseFactory.create(call=application.call)
    seat = access_seat(actor=actor, code=code, now=clock.now())
    if problem := seat.reading_problem:
        raise NotAllowed(problem, code=seat.step)
    return seat.assignment
