"""The course of an application: handing in, taking back, correcting, answering the adoption."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls import rules
from apps.calls.domain.application import application_lock, closed_words, writable
from apps.calls.domain.decision import application_undecide
from apps.calls.domain.locking import application_lock_with_mails
from apps.calls.domain.mails import decision_mails_discard, receipt_mail
from apps.calls.domain.revision import revision_add
from apps.calls.domain.waitlist import waitlist_move_up
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import DECIDED_STATES, ApplicationState
from apps.calls.models import Application, Decision
from apps.calls.permissions import may_answer, may_lead, may_write
from apps.calls.selectors.applications import answers_of, problems_of
from apps.calls.signals import application_accepted
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_code
from apps.core.validators import clean_corporate_number
from apps.organizations.domain import organization_create

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def application_submit(
    *, application: Application, actor: User, pledges: Mapping[str, bool], now: datetime | None = None
) -> Application:
    """Hand the application in: its organization is made or taken, the receipt leaves at once.

    Handing in twice gives the same receipt and one mail. Raises ``Conflict`` (``code="closed"``)
    after the deadline and ``InvalidInput`` with what is missing; the draft stays as it is.
    """
    now = now or clock.now()
    row = application_lock(application)
    if row.state == ApplicationState.SUBMITTED and may_write(actor, row):
        return row
    writable(row, actor)
    if not may_lead(actor, row):
        # Before its organization is made: that would make the partner its owner.
        raise NotAllowed(_("Only the lead applicant can do this."))
    if words := closed_words(row.call, now, row):
        raise Conflict(words, code="closed")
    _check_complete(row, pledges)
    cleaned = _clean(row)
    _settle_organization(row, actor)
    revision_add(row=row, actor=actor, now=now)
    application_state_set(
        application=row,
        target=ApplicationState.SUBMITTED,
        actor=actor,
        changes={
            **cleaned,
            "submitted_at": now,
            "organization": row.organization,
            "corporate_number": row.corporate_number,
            "postal_code": row.postal_code,
            "revision": row.revision,
            **dict.fromkeys(("returned_at", "returned_by", "return_until")),
        },
        data={"pledges": sorted(rules.PLEDGES), "revision": row.revision},
    )
    receipt_mail(row)
    return row


def _clean(row: Application) -> dict[str, Any]:
    """Set the answers of ``row`` as they are handed in; gives those that were typed otherwise."""
    typed = answers_of(row)
    changes = {name: value for name, value in rules.clean_answers(typed).items() if value != typed[name]}
    for name, value in changes.items():
        setattr(row, name, value)
    return changes


def _check_complete(row: Application, pledges: Mapping[str, bool]) -> None:
    faults = problems_of(row)
    unticked = [name for name in rules.PLEDGES if not pledges.get(name)]
    faults.update({name: [_("Please tick this to apply.")] for name in unticked})
    if faults:
        raise InvalidInput(_incomplete(len(faults)), fields=faults)


def _settle_organization(row: Application, actor: User) -> None:
    """The chosen organization, or a new one; one with the same number is never joined."""
    if row.corporate_number:
        row.corporate_number = clean_corporate_number(row.corporate_number)
    row.postal_code = clean_code(row.postal_code).removeprefix("〒")
    if row.organization is None:
        row.organization = organization_create(
            actor=actor,
            kind=row.org_kind,
            name=row.org_name,
            name_kana=row.org_kana,
            corporate_number=row.corporate_number,
        )


def _incomplete(number: int) -> str:
    text = ngettext("%(number)d answer is still needed.", "%(number)d answers are still needed.", number)
    return text % {"number": number}


@transaction.atomic
def application_withdraw(
    *, application: Application, actor: User, now: datetime | None = None
) -> Application:
    """Take a submitted application back, until the deadline. Doing it twice does it once."""
    now = now or clock.now()
    # Whether staff decided meanwhile must make no difference to what the applicant sees.
    row, mails = application_lock_with_mails(application)
    if row.state == ApplicationState.WITHDRAWN and may_write(actor, row):
        return row
    if row.decision_is_told or _too_late(row, now):
        raise Conflict(
            _("The deadline has passed. Write to the city if you want to withdraw."), code="closed"
        )
    if row.state in DECIDED_STATES:
        final = Decision.objects.select_for_update(of=("self",)).filter(application=row).first()
        application_undecide(
            application=row, decision=final, target=ApplicationState.WITHDRAWN, actor=actor, now=now
        )
    else:
        application_state_set(application=row, target=ApplicationState.WITHDRAWN, actor=actor)
    decision_mails_discard(mails=mails, actor=actor)
    return row


def _too_late(row: Application, now: datetime) -> bool:
    """Whether the company may no longer take it back by itself."""
    return row.state != ApplicationState.RETURNED and now >= row.call.last_moment


@transaction.atomic
def application_reopen(*, application: Application, actor: User, now: datetime | None = None) -> Application:
    """Make a withdrawn application a draft again, to correct it and hand it in before the deadline."""
    now = now or clock.now()
    row = application_lock(application)
    if row.state == ApplicationState.DRAFT and may_write(actor, row):
        return row
    if words := closed_words(row.call, now):
        raise Conflict(words, code="closed")
    others = Application.objects.filter(
        call=row.call, created_by=row.created_by, state=ApplicationState.DRAFT
    ).exclude(pk=row.pk)
    if others.exists():
        raise Conflict(_("You have another draft for this call. Hand it in first."), code="draft")
    application_state_set(
        application=row, target=ApplicationState.DRAFT, actor=actor, changes={"submitted_at": None}
    )
    return row


@transaction.atomic
def application_accept(*, application: Application, actor: User, now: datetime | None = None) -> Application:
    """The company accepts its adoption; apps above open the trial in the same transaction."""
    now = now or clock.now()
    row = application_lock(application)
    if not _answer(row, ApplicationState.ACCEPTED, actor, now):
        return row
    application_accepted.send(sender=Application, application=row, actor=actor, now=now)
    return row


@transaction.atomic
def application_turn_down(
    *, application: Application, actor: User, now: datetime | None = None
) -> Application:
    """The company does not take up its adoption; also after the time to accept."""
    row = application_lock(application)
    now = now or clock.now()
    if _answer(row, ApplicationState.TURNED_DOWN, actor, now):
        waitlist_move_up(call=row.call, actor=None, now=now)
    return row


def _answer(row: Application, target: ApplicationState, actor: Any, now: datetime) -> bool:
    """Write the company's answer; False when it was given already."""
    if row.state == target and may_write(actor, row):
        return False
    if row.state == ApplicationState.ADOPTED and not row.decision_is_told:
        raise Conflict(_("The result has not been told yet."), code="state")
    if row.state == ApplicationState.ADOPTED and not may_answer(actor, row):
        raise NotAllowed(_("Only the company answers. The city can end an answer that is overdue."))
    due = row.answer_due_at
    if target == ApplicationState.ACCEPTED and due is not None and now > due:
        raise Conflict(
            _("The time to accept ended on %(due)s. Write to the city: it can give you more time.")
            % {"due": rules.day_time(due)},
            code="late",
        )
    application_state_set(application=row, target=target, actor=actor, changes={"answered_at": now})
    return True
