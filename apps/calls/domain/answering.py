"""Until when a company answers its adoption: promised in its letter, extended or ended by staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.answer_mails import answer_mails
from apps.calls.domain.application import application_lock
from apps.calls.domain.letter import letters_void
from apps.calls.domain.locking import application_lock_with_mails
from apps.calls.domain.mails import decision_mail, decision_mails_discard
from apps.calls.domain.waitlist import waitlist_move_up
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import DECIDED_STATES, ApplicationState, LetterKind
from apps.calls.models import Application, Call, Letter
from apps.calls.permissions import may_decide
from apps.calls.rules import day_time
from apps.calls.rules.letters import answer_due, too_near
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

MESSAGE_LIMIT = 2000
LONGEST = timedelta(days=366)


def dues_of(rows: Sequence[Application], now: datetime) -> dict[Any, datetime]:
    """Until when each of the adopted among ``rows`` answers, by its id: what its letter promised.

    ``Conflict`` (``code="stale"``) when less than half of the call's days would be left of a promise.
    Without a letter the days of the call count from ``now``. One query.
    """
    adopted = [row for row in rows if row.state == ApplicationState.ADOPTED]
    letters = Letter.objects.filter(
        application__in=adopted, kind=LetterKind.ADOPTION, voided_at=None, told_at=None
    )
    said = {letter.application_id: letter.values.get("accept_until") for letter in letters}
    found = {}
    for row in adopted:
        promised = said.get(row.pk)
        days = row.call.answer_days
        due = datetime.fromisoformat(promised) if promised else answer_due(days, now)
        if too_near(due, days, now):
            words = _(
                "%(code)s: the letter says to accept until %(due)s. Less than half of the time to answer "
                "would be left. Write the letters of this call anew, then send. Nothing was sent."
            )
            raise Conflict(words % {"code": row.code, "due": day_time(due)}, code="stale")
        found[row.pk] = due
    return found


@transaction.atomic
def decision_letters_anew(*, call: Call, actor: User, now: datetime | None = None) -> int:
    """Write letters and mails of ``call`` that wait for their release anew, with the dates of today.

    The earlier letters are void and keep their numbers; their mails never leave. Returns how many.
    """
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    now = now or clock.now()
    rows = Application.objects.filter(call=call, state__in=DECIDED_STATES, decision_published_at=None)
    count = 0
    for application in rows.select_related("call").order_by("pk"):
        row, mails = application_lock_with_mails(application)
        if row.state not in DECIDED_STATES or row.decision_is_told or not (mails or row.moved_up_at):
            continue
        kept = Letter.objects.filter(application=row, voided_at=None, told_at=None).first()
        letters_void(application=row, actor=actor, now=now)
        decision_mails_discard(mails=mails, actor=actor)
        row.version += 1
        row.save(update_fields=["version", "updated_at"])
        decision_mail(
            row, actor=actor, now=now, comments=bool(kept is not None and kept.values.get("comments"))
        )
        count += 1
    return count


def _open_answer(application: Application, actor: Any, known_due: datetime | None) -> Application:
    """The adopted application, locked, whose company was told and did not answer."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city may do this."))
    row = application_lock(application)
    if row.state != ApplicationState.ADOPTED or not row.decision_is_told:
        raise Conflict(
            _("This company answered meanwhile, or was not told yet. Read it again."), code="state"
        )
    if row.answer_due_at != known_due:
        raise Conflict(_("Someone else changed the time to answer meanwhile. Read it again."), code="changed")
    return row


def checked_message(message: str) -> str:
    """The cleaned words to the company; may be empty."""
    text = clean_text(message)
    if len(text) > MESSAGE_LIMIT:
        words = _("Please shorten this to 2,000 characters.")
        raise InvalidInput(words, fields={"message": [words]})
    return text


@transaction.atomic
def answer_extend(
    *,
    application: Application,
    actor: User,
    known_due: datetime | None,
    until: datetime,
    message: str = "",
    now: datetime | None = None,
) -> int:
    """Give the company more time to answer, also after its time has passed. Its mails leave at once;
    how many. ``known_due``: the deadline of the page it was decided on."""
    now = now or clock.now()
    row = _open_answer(application, actor, known_due)
    text = checked_message(message)
    words = ""
    if until <= now or (known_due is not None and until <= known_due):
        words = _("Choose a time after the present deadline, in the future.")
    elif until > now + LONGEST:
        words = _("Choose a day within a year.")
    if words:
        raise InvalidInput(words, fields={"until": [words]})
    row.answer_due_at = until
    row.version += 1
    row.save(update_fields=["answer_due_at", "version", "updated_at"])
    record(
        action="application.answer_extend",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"from": known_due.isoformat() if known_due else None, "to": until.isoformat()},
    )
    return answer_mails(row, "answer-extended", now=now, message=text)


@transaction.atomic
def answer_end(
    *,
    application: Application,
    actor: User,
    known_due: datetime | None,
    message: str = "",
    now: datetime | None = None,
) -> list[Application]:
    """End an adoption that nobody answered in time; its mails leave at once. Who moved up for it."""
    now = now or clock.now()
    row = _open_answer(application, actor, known_due)
    text = checked_message(message)
    if row.answer_due_at is None or now <= row.answer_due_at:
        raise Conflict(_("The company still has time to answer."), code="early")
    application_state_set(
        application=row,
        target=ApplicationState.TURNED_DOWN,
        actor=actor,
        data={"unanswered": True, "due": row.answer_due_at.isoformat()},
    )
    answer_mails(row, "answer-ended", now=now, message=text)
    return waitlist_move_up(call=row.call, actor=actor, now=now)
