"""Writes of an application by its company: beginning, saving, handing in, withdrawing, answering."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.mails import decision_mails_discard, draft_mail, held_decision_mails, receipt_mail
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import DECIDED_STATES, ApplicationState, CallState
from apps.calls.models import Application, ApplicationNumber, Call
from apps.calls.permissions import may_write
from apps.calls.selectors.applications import answers_of, organizations_of
from apps.calls.signals import application_accepted
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_line, clean_text
from apps.core.validators import clean_corporate_number
from apps.organizations.domain import organization_create

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.organizations.models import Organization


def application_lock(application: Application) -> Application:
    """The row as it is now, locked, with its call and whoever began it."""
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "created_by", "organization")
        .get(pk=application.pk)
    )


def _next_code(call: Call) -> str:
    """The next number of the call's fiscal year. The counter's row must be locked."""
    counter = ApplicationNumber.objects.select_for_update().get(pk=call.fiscal_year)
    counter.last += 1
    while Application.objects.filter(code=str(counter)).exists():
        counter.last += 1
    counter.save(update_fields=["last"])
    return str(counter)


def closed_words(call: Call, now: datetime) -> str:
    """Why no application can be handed in now; empty while the call is open."""
    if call.is_open(now):
        return ""
    if call.state == CallState.PUBLISHED and now < call.opens_at:
        return _("This call is not open yet.")
    return _("The deadline has passed. Your answers are kept, but they can no longer be handed in.")


@transaction.atomic
def application_start(*, call: Call, actor: User, now: datetime | None = None) -> Application:
    """The actor's open draft for ``call``, made when there is none.

    A draft gets its number at once. Raises ``Conflict`` (``code="closed"``) while the call takes none.
    """
    now = now or clock.now()
    ApplicationNumber.objects.get_or_create(pk=call.fiscal_year)
    # The lock lets one at a time pass, so that a double click finds the first one's draft.
    ApplicationNumber.objects.select_for_update().get(pk=call.fiscal_year)
    mine = Application.objects.filter(call=call, created_by=actor)
    draft = mine.filter(state=ApplicationState.DRAFT).select_related("call").first()
    if draft is not None:
        return draft
    if not call.is_open(now):
        raise Conflict(closed_words(call, now), code="closed")
    application = Application(
        call=call,
        code=_next_code(call),
        created_by=actor,
        contact_name=actor.name,
        contact_email=actor.email,
    )
    known = organizations_of(actor)
    if len(known) == 1:
        _take_organization(application, known[0])
    application.full_clean()
    application.save()
    record(action="application.start", actor=actor, target=application, data={"call": call.code})
    draft_mail(application)
    return application


def _take_organization(application: Application, organization: Organization | None) -> None:
    """Answer the questions about the company from ``organization``; None: they are asked."""
    application.organization = organization
    application.org_kind = organization.kind if organization else ""
    application.org_name = organization.name if organization else ""
    application.org_kana = organization.name_kana if organization else ""
    application.corporate_number = organization.corporate_number if organization else ""


def _writable(application: Application, actor: Any) -> None:
    if not may_write(actor, application):
        raise NotAllowed(_("You can read this application but not change it."))
    if application.state != ApplicationState.DRAFT:
        raise Conflict(_("This application was handed in. Take it back to change it."), code="state")


@transaction.atomic
def application_choose_organization(
    *, application: Application, actor: User, organization: Organization | None
) -> Application:
    """Apply for one of the actor's organizations, or (None) for one that is not registered yet."""
    row = application_lock(application)
    _writable(row, actor)
    if organization is not None and organization not in organizations_of(actor):
        raise NotAllowed(_("You cannot apply for this organization."))
    if row.organization != organization:
        _take_organization(row, organization)
        _save(row, ("organization", *rules.ORGANIZATION_FIELDS), actor)
    return row


@transaction.atomic
def application_save(
    *,
    application: Application,
    actor: User,
    version: int,
    values: Mapping[str, Any],
    base: str = "",
) -> Application:
    """Keep the answers of one screen. A draft accepts anything that can be stored.

    ``version`` is that of the row the form began from, ``base`` the ``rules.digest`` of the
    screen's fields then. Raises ``Conflict`` (``code="changed"``) when someone changed these
    fields since: nothing is overwritten silently.
    """
    row = application_lock(application)
    _writable(row, actor)
    cleaned = clean_answers(values)
    if row.organization_id is not None:
        cleaned = {name: value for name, value in cleaned.items() if name not in rules.ORGANIZATION_FIELDS}
    stored = answers_of(row)
    changed = [name for name, value in cleaned.items() if stored[name] != value]
    if not changed:
        return row
    same = bool(base) and base == rules.digest({name: stored[name] for name in values})
    if row.version != version and not same:
        raise Conflict(
            _("Someone changed these answers meanwhile. Yours are still here, not saved yet."),
            code="changed",
        )
    for name in changed:
        setattr(row, name, cleaned[name])
    _save(row, changed, actor)
    return row


def _save(row: Application, fields: Any, actor: Any) -> None:
    row.version += 1
    row.full_clean()
    row.save(update_fields=[*fields, "version", "updated_at"])
    record(
        action="application.save",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"fields": list(fields)},
    )


def clean_answers(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` as they are stored. Raises ``InvalidInput`` for a text beyond ``rules.DRAFT_LIMIT``."""
    cleaned: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for name, value in values.items():
        if name in rules.TEXTS:
            text = clean_line(value) if name in rules.LINES else clean_text(value)
            if len(text) > rules.DRAFT_LIMIT:
                faults[name] = [_("This is too long to be kept. Please shorten it.")]
            cleaned[name] = text
        elif name in rules.FIELDS:
            cleaned[name] = value
    if faults:
        raise InvalidInput(_("Some answers are too long to be kept."), fields=faults)
    return cleaned


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
    _writable(row, actor)
    if words := closed_words(row.call, now):
        raise Conflict(words, code="closed")
    _check_complete(row, pledges)
    _settle_organization(row, actor)
    application_state_set(
        application=row,
        target=ApplicationState.SUBMITTED,
        actor=actor,
        changes={
            "submitted_at": now,
            "organization": row.organization,
            "corporate_number": row.corporate_number,
        },
        data={"pledges": sorted(rules.PLEDGES)},
    )
    receipt_mail(row)
    return row


def _check_complete(row: Application, pledges: Mapping[str, bool]) -> None:
    faults = rules.problems(answers_of(row))
    unticked = [name for name in rules.PLEDGES if not pledges.get(name)]
    faults.update({name: [_("Please tick this to apply.")] for name in unticked})
    if faults:
        raise InvalidInput(_incomplete(len(faults)), fields=faults)


def _settle_organization(row: Application, actor: User) -> None:
    """The chosen organization, or a new one; one with the same number is never joined."""
    if row.corporate_number:
        row.corporate_number = clean_corporate_number(row.corporate_number)
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
    mails = held_decision_mails(application)
    row = application_lock(application)
    if row.state == ApplicationState.WITHDRAWN and may_write(actor, row):
        return row
    if row.decision_is_told or now >= row.call.closes_at:
        raise Conflict(
            _("The deadline has passed. Write to the city if you want to withdraw."), code="closed"
        )
    undecided: dict[str, Any] = {}
    if row.state in DECIDED_STATES:
        undecided = {"decided_at": None, "decided_by": None, "decision_reason": ""}
        undecided |= {"granted_devices": None, "granted_messages": None}
    application_state_set(application=row, target=ApplicationState.WITHDRAWN, actor=actor, changes=undecided)
    decision_mails_discard(mails=mails, actor=actor)
    return row


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
    """The company does not take up its adoption."""
    row = application_lock(application)
    _answer(row, ApplicationState.TURNED_DOWN, actor, now or clock.now())
    return row


def _answer(row: Application, target: ApplicationState, actor: Any, now: datetime) -> bool:
    """Write the company's answer; False when it was given already."""
    if row.state == target and may_write(actor, row):
        return False
    if row.state == ApplicationState.ADOPTED and not row.decision_is_told:
        raise Conflict(_("The result has not been told yet."), code="state")
    application_state_set(application=row, target=target, actor=actor, changes={"answered_at": now})
    return True
