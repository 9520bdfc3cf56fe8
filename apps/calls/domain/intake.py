"""Staff's intake: sending back for correction (差戻し), extending, taking back, notes, read marks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.application import application_lock
from apps.calls.domain.derived import DERIVED, derive
from apps.calls.domain.intake_mails import return_mails
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import ApplicationState
from apps.calls.models import AnswerVariant, Application, ReadMark, StaffNote
from apps.calls.permissions import may_decide
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

MESSAGE_LIMIT = 3000
NOTE_LIMIT = 5000
#: A correction gets this much time at least, and at most.
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=366)


@transaction.atomic
def application_return(
    *,
    application: Application,
    actor: User,
    version: int,
    message: str,
    until: datetime,
    now: datetime | None = None,
) -> Application:
    """Send a submitted application back: its company may correct it until ``until``. The mail leaves.

    ``version`` is that of the page it was read on: of two staff the second gets ``Conflict``
    (``code="changed"``). After a decision it cannot be sent back (``code="state"``).
    """
    now = now or clock.now()
    row = application_lock(application)
    if row.version != version:
        raise Conflict(
            _("Someone else changed or decided this application meanwhile. Read it again."), code="changed"
        )
    if row.state != ApplicationState.SUBMITTED:
        raise Conflict(_("Only an application that waits for a decision can be sent back."), code="state")
    return _return(row, actor, message, until, now)


@transaction.atomic
def application_extend(
    *,
    application: Application,
    actor: User,
    known_until: datetime,
    message: str,
    until: datetime,
    now: datetime | None = None,
) -> Application:
    """Give a correction more time; what to correct may be told anew. The mail leaves.

    ``known_until`` is the deadline of the page it was read on; ``Conflict`` when it is another by now.
    """
    now = now or clock.now()
    row = application_lock(application)
    if row.state != ApplicationState.RETURNED or row.return_until != known_until:
        raise Conflict(
            _("Someone else changed or decided this application meanwhile. Read it again."), code="changed"
        )
    return _return(row, actor, message, until, now)


def checked_return(message: str, until: datetime, now: datetime) -> str:
    """The cleaned message; ``InvalidInput`` when it or the deadline cannot be taken."""
    text = clean_text(message)
    faults: dict[str, list[str]] = {}
    if not text:
        faults["message"] = [_("Write what to correct. The applicant reads it.")]
    elif len(text) > MESSAGE_LIMIT:
        faults["message"] = [_("Please shorten this to 3,000 characters.")]
    if until < now + SHORTEST:
        faults["until"] = [_("Give the applicant an hour at least.")]
    elif until > now + LONGEST:
        faults["until"] = [_("Choose a day within a year.")]
    if faults:
        raise InvalidInput(_("This cannot be sent back yet."), fields=faults)
    return text


def _return(row: Application, actor: User, message: str, until: datetime, now: datetime) -> Application:
    text = checked_return(message, until, now)
    again = row.state == ApplicationState.RETURNED
    application_state_set(
        application=row,
        target=ApplicationState.RETURNED,
        actor=actor,
        changes={
            "return_message": text,
            "return_until": until,
            "returned_at": row.returned_at if again else now,
            "returned_by": actor,
        },
        data={"until": until.isoformat(), "revision": row.revision},
    )
    return_mails(row, now)
    return row


@transaction.atomic
def application_take_back(
    *, application: Application, actor: User, now: datetime | None = None
) -> Application:
    """The time for a correction passed: the application counts as it was last handed in.

    What was written since stays in the record of other texts, settled. ``Conflict`` while the
    correction may still come. Doing it twice does it once. Sends no mail.
    """
    now = now or clock.now()
    row = application_lock(application)
    if not may_decide(actor):
        raise NotAllowed(_("Only the city can do this."))
    if row.state == ApplicationState.SUBMITTED and row.returned_at is None:
        return row
    if row.state != ApplicationState.RETURNED:
        raise Conflict(_("This application is not waiting for a correction."), code="state")
    if row.return_until is None or now < row.return_until:
        raise Conflict(_("The applicant still has time for the correction."), code="early")
    restored = _restore(row, actor, now)
    application_state_set(
        application=row,
        target=ApplicationState.SUBMITTED,
        actor=actor,
        changes={
            **{name: getattr(row, name) for name in (*restored, *DERIVED)},
            **dict.fromkeys(("returned_at", "returned_by", "return_until")),
        },
        data={"taken_back": True, "revision": row.revision, "restored": restored},
    )
    return row


def _restore(row: Application, actor: User, now: datetime) -> list[str]:
    """Set the answers of the last revision on ``row``; the names of those that were otherwise."""
    revision = row.revisions.order_by("-number").first()
    answers: dict[str, Any] = revision.answers if revision else {}
    changed = []
    for name in rules.FIELDS:
        if name not in answers:
            continue
        kept = Application._meta.get_field(name).to_python(answers[name])  # type: ignore[union-attr]
        unsent = getattr(row, name)
        if kept == unsent:
            continue
        changed.append(name)
        setattr(row, name, kept)
        variant = AnswerVariant(
            application=row,
            field=name,
            value=unsent if isinstance(unsent, str | list | dict | bool) else str(unsent or ""),
            author=row.created_by,
            settled_at=now,
            settled_by=actor,
        )
        variant.save(force_insert=True)
    derive(row)
    return changed


@transaction.atomic
def staff_note_add(*, application: Application, actor: User, text: str) -> StaffNote:
    """Write a note that only staff read. Raises ``InvalidInput`` for an empty or overlong one."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city can do this."))
    cleaned = clean_text(text)
    if not cleaned:
        raise InvalidInput(_("The note is empty."), fields={"text": [_("Write the note.")]})
    if len(cleaned) > NOTE_LIMIT:
        faults = {"text": [_("Please shorten the note to 5,000 characters.")]}
        raise InvalidInput(_("The note is too long."), fields=faults)
    note = StaffNote(application=application, author=actor, text=cleaned)
    note.full_clean()
    note.save(force_insert=True)
    record(
        action="application.note",
        actor=actor,
        target=application,
        organization_id=application.organization_id,
        data={"note": str(note.pk)},
    )
    return note


@transaction.atomic
def application_mark_read(
    *, application: Application, actor: User, revision: int, now: datetime | None = None
) -> ReadMark:
    """``actor`` has read ``revision``. An older page never takes a newer mark away."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city can do this."))
    now = now or clock.now()
    row = application_lock(application)
    number = min(revision, row.revision)
    mark, made = ReadMark.objects.get_or_create(
        application=row, user=actor, defaults={"revision": number, "read_at": now}
    )
    if made or mark.revision < number:
        mark.revision, mark.read_at = number, now
        mark.full_clean()
        mark.save(update_fields=["revision", "read_at"])
        record(
            action="application.read",
            actor=actor,
            target=row,
            organization_id=row.organization_id,
            data={"revision": number},
        )
    return mark


@transaction.atomic
def applications_exported(*, actor: User, kind: str, count: int, filters: str) -> None:
    """Record who took applications out of the portal, how many, and by which filters."""
    record(
        action="application.export",
        actor=actor,
        data={"kind": kind, "count": count, "filters": filters[:1000]},
    )
