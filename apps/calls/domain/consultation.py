"""Prior consultations (事前相談): asked for on the site or by phone, arranged and noted by staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.asking_mails import consultation_mail, consultation_receipt
from apps.calls.enums import ConsultationState as C
from apps.calls.models import Call, Consultation
from apps.calls.permissions import may_decide
from apps.calls.selectors.asking import takes_consultations
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.search import indexed
from apps.core.text import clean_line, clean_text

MOST_TEXT = 10_000
AGAIN = timedelta(minutes=30)
_LINES = ("organization_name", "contact_name", "email", "phone", "meeting_place")
_TEXTS = ("topic", "wishes", "staff_notes")
#: What staff write in the form; the state has acts of its own.
EDITABLE = (
    "call",
    "organization_name",
    "organization",
    "contact_name",
    "email",
    "phone",
    "topic",
    "wishes",
    "language",
    "staff_notes",
    "application",
)
#: From which state to which; the action's name in the record.
CONSULTATION_STEPS: Mapping[tuple[str, str], str] = {
    (C.WAITING, C.ARRANGED): "consultation.arrange",
    (C.ARRANGED, C.ARRANGED): "consultation.arrange",
    (C.WAITING, C.DONE): "consultation.done",
    (C.ARRANGED, C.DONE): "consultation.done",
    (C.WAITING, C.CANCELLED): "consultation.cancel",
    (C.ARRANGED, C.CANCELLED): "consultation.cancel",
    (C.CANCELLED, C.WAITING): "consultation.reopen",
}


def _clean(row: Consultation) -> None:
    for name in _LINES:
        setattr(row, name, clean_line(getattr(row, name)))
    for name in _TEXTS:
        setattr(row, name, clean_text(getattr(row, name)))
        if len(getattr(row, name)) > MOST_TEXT:
            raise ValidationError({name: _("Write up to 10,000 characters.")})
    row.search_text, _terms = indexed(*(getattr(row, name) for name in (*_LINES, *_TEXTS)))
    row.full_clean()


@transaction.atomic
def consultation_request(
    *,
    call: Call,
    contact_name: str,
    email: str,
    topic: str,
    organization_name: str = "",
    phone: str = "",
    wishes: str = "",
    language: str = "ja",
    now: datetime | None = None,
) -> Consultation:
    """Keep a request made on the site; a receipt leaves at once. The same request twice is one.

    Raises ``Conflict`` when the call takes none and ``ValidationError``.
    """
    now = now or clock.now()
    call = Call.objects.select_for_update().get(pk=call.pk)
    if not takes_consultations(call, now):
        raise Conflict(_("The call is closed. For other matters please write to the city."), code="closed")
    row = Consultation(
        call=call,
        organization_name=organization_name,
        contact_name=contact_name,
        email=email,
        phone=phone,
        topic=topic,
        wishes=wishes,
        language=language,
    )
    _clean(row)
    same = call.consultations.filter(email=row.email, topic=row.topic, created_at__gt=now - AGAIN)
    if (again := same.first()) is not None:
        return again
    row.save(force_insert=True)
    record(action="consultation.request", target=row, data={"call": call.code})
    consultation_receipt(row)
    return row


def _staff(actor: Any) -> None:
    if not may_decide(actor):
        raise NotAllowed(_("Only the city keeps the log of consultations."))


def _locked(consultation: Consultation, actor: Any, version: int | None) -> Consultation:
    _staff(actor)
    rows = Consultation.objects.select_for_update(of=("self",)).select_related("call")
    row = rows.get(pk=consultation.pk)
    if version is not None and row.version != version:
        raise Conflict(
            _("Someone else changed this consultation meanwhile. Look at it again before you go on."),
            code="version",
        )
    return row


@transaction.atomic
def consultation_save(*, consultation: Consultation, actor: Any) -> Consultation:
    """Staff add one (asked for by phone, say) or keep their notes. Sends no mail.

    ``consultation`` holds the new values. Raises ``ValidationError``.
    """
    _staff(actor)
    new = consultation._state.adding
    if not new:
        stored = _locked(consultation, actor, None)
        changed = [name for name in EDITABLE if getattr(stored, name) != getattr(consultation, name)]
        for name in changed:
            setattr(stored, name, getattr(consultation, name))
        row = stored
    else:
        row, changed = consultation, list(EDITABLE)
        row.state = C.WAITING
        row.handled_by = actor
    _clean(row)
    if changed:
        row.version += 0 if new else 1
        row.save(force_insert=new)
        action = "consultation.add" if new else "consultation.note"
        record(action=action, actor=actor, target=row, data={"fields": changed})
    return row


def consultation_state_set(
    *, consultation: Consultation, target: str, actor: Any, changes: Mapping[str, Any]
) -> None:
    """Write a new state with the ``changes`` that belong to it, and record it. The row must be locked."""
    source = consultation.state
    action = CONSULTATION_STEPS.get((source, target))
    if action is None:
        raise Conflict(_("This cannot be done now: the consultation has moved on meanwhile."), code="state")
    values = {**changes, "state": target, "handled_by": actor, "version": consultation.version + 1}
    for name, value in values.items():
        setattr(consultation, name, value)
    _clean(consultation)
    consultation.save()
    record(action=action, actor=actor, target=consultation, data={"from": source, "to": target})


@transaction.atomic
def consultation_arrange(
    *,
    consultation: Consultation,
    actor: Any,
    meeting_at: datetime,
    meeting_place: str,
    version: int | None = None,
) -> Consultation:
    """Set, or change, when and where. One mail tells whoever asked, if an address is known."""
    row = _locked(consultation, actor, version)
    if not clean_line(meeting_place):
        fault = _("Write a place, or the link of the online meeting.")
        raise InvalidInput(fault, fields={"meeting_place": [fault]})
    changes = {"meeting_at": meeting_at, "meeting_place": meeting_place}
    consultation_state_set(consultation=row, target=C.ARRANGED, actor=actor, changes=changes)
    if row.email:
        consultation_mail(row, "arranged")
    return row


@transaction.atomic
def consultation_done(
    *, consultation: Consultation, actor: Any, staff_notes: str, version: int | None = None
) -> Consultation:
    """It took place; ``staff_notes`` are for staff only. Sends no mail."""
    row = _locked(consultation, actor, version)
    changes = {"staff_notes": staff_notes}
    consultation_state_set(consultation=row, target=C.DONE, actor=actor, changes=changes)
    return row


@transaction.atomic
def consultation_cancel(
    *, consultation: Consultation, actor: Any, reason: str, tell: bool, version: int | None = None
) -> Consultation:
    """It does not take place. With ``tell`` one mail with the reason goes to whoever asked."""
    row = _locked(consultation, actor, version)
    reason = clean_text(reason)
    if tell and not reason:
        fault = _("Write what the mail is to say.")
        raise InvalidInput(fault, fields={"reason": [fault]})
    notes = "\n\n".join(part for part in (row.staff_notes, reason) if part)
    consultation_state_set(consultation=row, target=C.CANCELLED, actor=actor, changes={"staff_notes": notes})
    if tell and row.email:
        consultation_mail(row, "cancelled", reason)
    return row


@transaction.atomic
def consultation_reopen(
    *, consultation: Consultation, actor: Any, version: int | None = None
) -> Consultation:
    """Take up a cancelled one again. Sends no mail."""
    row = _locked(consultation, actor, version)
    consultation_state_set(consultation=row, target=C.WAITING, actor=actor, changes={})
    return row
