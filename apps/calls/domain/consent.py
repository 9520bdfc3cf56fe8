"""Asking the keeper of a facility for consent by a mailed link, and what they answer.

Staff ask, remind, ask anew and declare void; whoever holds the link answers once, without account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.consent_mails import ask_mail, copy_mail, remind_mail
from apps.calls.enums import ConsentState as C
from apps.calls.models import Application, FacilityConsent
from apps.calls.permissions import may_decide
from apps.calls.selectors.consent import ANSWERS, access_consent_link, is_askable
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_line, clean_text
from apps.core.tokens import new_token

if TYPE_CHECKING:
    from apps.accounts.models import User

#: So long after the day it was asked for the link still takes an answer.
GRACE = timedelta(days=30)
FURTHEST = timedelta(days=366)
#: Between two reminders.
PAUSE = timedelta(minutes=10)

#: (from, to) → name in the record. That a link is too old or an answer late follows from the clock.
CONSENT_STEPS = {
    (C.ASKED, C.APPROVED): "consent.approve",
    (C.ASKED, C.DECLINED): "consent.decline",
    (C.ASKED, C.CHANGE): "consent.change",
    (C.ASKED, C.VOID): "consent.void",
    (C.APPROVED, C.VOID): "consent.void",
    (C.DECLINED, C.VOID): "consent.void",
    (C.CHANGE, C.VOID): "consent.void",
}


def consent_state_set(*, consent: FacilityConsent, target: C, actor: Any, changes: Mapping[str, Any]) -> None:
    """Write a consent's state and record it; the row must be locked. Raises ``Conflict``."""
    source = C(consent.state)
    action = CONSENT_STEPS.get((source, target))
    if action is None:
        raise Conflict(_("This was answered already."), code="answered")
    values = {**changes, "state": target}
    for name, value in values.items():
        setattr(consent, name, value)
    consent.full_clean()
    consent.save(update_fields=[*values, "updated_at"])
    data = {"application": consent.application.code, "from": source.value, "to": target.value}
    record(action=action, actor=actor, target=consent, data=data)


def _staff_only(actor: Any) -> None:
    if not may_decide(actor):
        raise NotAllowed(_("Only the city may do this."))


def _expiry(due_on: date) -> datetime:
    return datetime.combine(due_on, time(23, 59, 59), tzinfo=clock.TOKYO) + GRACE


def _locked(consent: FacilityConsent) -> FacilityConsent:
    rows = FacilityConsent.objects.select_for_update(of=("self",))
    return rows.select_related("application__call", "asked_by").get(pk=consent.pk)


def consent_draft(
    *,
    application: Application,
    actor: User,
    facility: str,
    owner_name: str,
    email: str,
    message: str,
    due_on: date,
    now: datetime | None = None,
) -> FacilityConsent:
    """A consent that is not stored, for the preview of its mail. Raises ``InvalidInput``."""
    now = now or clock.now()
    today = clock.local_date(now)
    if not today <= due_on <= today + FURTHEST:
        text = _("Choose a day from today on, within a year.")
        raise InvalidInput(_("Not sent."), fields={"due_on": [text]})
    return FacilityConsent(
        application=application,
        facility=clean_line(facility),
        owner_name=clean_line(owner_name),
        email=email.strip().lower(),
        message=clean_text(message),
        due_on=due_on,
        asked_by=actor,
        expires_at=_expiry(due_on),
    )


@transaction.atomic
def consent_ask(
    *,
    application: Application,
    actor: User,
    again: FacilityConsent | None = None,
    now: datetime | None = None,
    **values: Any,
) -> FacilityConsent:
    """Ask: one mail with the link leaves at once. ``values`` as of ``consent_draft``.

    ``again``: the consent that this one replaces; its link is dead and its answer no longer counts.
    """
    _staff_only(actor)
    now = now or clock.now()
    row = Application.objects.select_for_update(of=("self",)).select_related("call").get(pk=application.pk)
    if not is_askable(row):
        raise Conflict(_("Nobody can be asked about this application now."), code="state")
    if again is not None:
        earlier = _locked(again)
        if earlier.state != C.VOID:
            changes = {"void_reason": str(_("Asked anew"))}
            consent_state_set(consent=earlier, target=C.VOID, actor=actor, changes=changes)
    consent = consent_draft(application=row, actor=actor, now=now, **values)
    same = {"facility": consent.facility, "email": consent.email, "state": C.ASKED}
    if row.consents.filter(**same).exists():
        text = _("This address was asked about this facility already. Send a reminder instead.")
        raise InvalidInput(_("Not sent."), fields={"email": [text]})
    token, consent.token_hash = new_token()
    consent.full_clean()
    consent.save()
    data = {"application": row.code, "facility": consent.facility}
    record(action="consent.ask", actor=actor, target=consent, data=data)
    ask_mail(consent, token)
    return consent


@transaction.atomic
def consent_remind(*, consent: FacilityConsent, actor: User, now: datetime | None = None) -> FacilityConsent:
    """Mail once more, with a new link; the link of the earlier mail stops working."""
    _staff_only(actor)
    now = now or clock.now()
    row = _locked(consent)
    if row.state != C.ASKED:
        raise Conflict(_("This was answered already."), code="answered")
    if not is_askable(row.application):
        raise Conflict(_("Nobody can be asked about this application now."), code="state")
    if row.reminded_at and now - row.reminded_at < PAUSE:
        raise Conflict(_("A reminder left a moment ago."), code="again")
    token, row.token_hash = new_token()
    row.reminded_at = now
    row.expires_at = max(row.expires_at, _expiry(clock.local_date(now)))
    row.save(update_fields=["token_hash", "reminded_at", "expires_at", "updated_at"])
    data = {"application": row.application.code}
    record(action="consent.remind", actor=actor, target=row, data=data)
    remind_mail(row, token)
    return row


@transaction.atomic
def consent_answer(
    *,
    token: str,
    answer: str,
    name: str,
    section: str,
    comment: str = "",
    client: str | None = None,
    now: datetime | None = None,
) -> FacilityConsent:
    """Answer by the link, once. ``answer``: approved, declined or change; the last two need a comment.

    ``client``: the network address of whoever answers. The address that was asked gets a copy.
    Raises ``NotFound``, ``Conflict`` (``code="answered"``; ``"state"``: no longer needed) and
    ``InvalidInput``.
    """
    now = now or clock.now()
    row = _locked(access_consent_link(token=token, now=now))
    row = access_consent_link(token=token, now=now)
    if row.state == C.ASKED and not is_askable(row.application):
        raise Conflict(_("This answer is no longer needed: the application was withdrawn."), code="state")
    values = {
        "answered_by": clean_line(name),
        "answered_section": clean_line(section),
        "comment": clean_text(comment),
    }
    _check_answer(answer, values)
    changes = {**values, "answered_at": now, "answered_from": _address(client)}
    consent_state_set(consent=row, target=C(answer), actor=None, changes=changes)
    copy_mail(row)
    return row


def _address(client: str | None) -> str | None:
    """``client`` if it is an address: a server behind a socket has none to tell."""
    try:
        validate_ipv46_address(client or "")
    except ValidationError:
        return None
    return client


def _check_answer(answer: str, values: Mapping[str, str]) -> None:
    faults: dict[str, list[str]] = {}
    if answer not in ANSWERS:
        faults["answer"] = [_("Choose one.")]
    for name, most in (("answered_by", 200), ("answered_section", 200), ("comment", 3000)):
        if len(values[name]) > most:
            faults[name] = [_("Please shorten this to %(number)d characters.") % {"number": most}]
    if not values["answered_by"]:
        faults["answered_by"] = [_("Write your name.")]
    if not values["answered_section"]:
        faults["answered_section"] = [_("Write your section.")]
    if answer in (C.DECLINED, C.CHANGE) and not values["comment"]:
        faults["comment"] = [_("Write why, or what should change. The city reads it.")]
    if faults:
        raise InvalidInput(_("The answer is not complete."), fields=faults)


@transaction.atomic
def consent_read(*, consent: FacilityConsent, actor: User, now: datetime | None = None) -> FacilityConsent:
    """Staff have read the answer: it leaves their list of work. Reading twice changes nothing."""
    _staff_only(actor)
    row = _locked(consent)
    if row.state not in ANSWERS:
        raise Conflict(_("There is no answer to read."), code="state")
    if row.read_at is None:
        row.read_at = now or clock.now()
        row.save(update_fields=["read_at", "updated_at"])
        record(action="consent.read", actor=actor, target=row, data={"application": row.application.code})
    return row


@transaction.atomic
def consent_void(*, consent: FacilityConsent, actor: User, reason: str) -> FacilityConsent:
    """Declare a question or its answer void, with the reason; its link is dead at once. No mail."""
    _staff_only(actor)
    row = _locked(consent)
    reason = clean_line(reason)
    if not reason or len(reason) > 300:
        text = _("Write the reason, in 300 characters at most.")
        raise InvalidInput(text, fields={"reason": [text]})
    if row.state == C.VOID:
        raise Conflict(_("This was declared void already."), code="state")
    consent_state_set(consent=row, target=C.VOID, actor=actor, changes={"void_reason": reason})
    return row
