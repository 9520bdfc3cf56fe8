"""Writes of an application while it is a draft: beginning, choosing the organization, saving."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.derived import DERIVED, derive
from apps.calls.domain.mails import draft_mail
from apps.calls.enums import EDITABLE_STATES, ApplicationState, CallState
from apps.calls.models import Application, ApplicationNumber, Call
from apps.calls.permissions import may_lead, may_write
from apps.calls.selectors.applications import organizations_of
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed

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


def closed_words(call: Call, now: datetime, application: Application | None = None) -> str:
    """Why it cannot be handed in now; empty while it can. One sent back has its own deadline."""
    if application is not None and application.state == ApplicationState.RETURNED:
        if application.return_until is None or now < application.return_until:
            return ""
        return _("The time for the correction has passed. Your answers are kept. Please write to the city.")
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
        period_from=call.trial_from,
        period_until=call.trial_until,
    )
    known = organizations_of(actor)
    if len(known) == 1:
        _take_organization(application, known[0])
    derive(application)
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
    latest = organization and (
        organization.applications.exclude(submitted_at=None).order_by("-submitted_at").first()
    )
    if latest:
        for name in rules.ADDRESS_FIELDS:
            setattr(application, name, getattr(latest, name))


def writable(application: Application, actor: Any) -> None:
    """Refuse who may not write, and what is no draft (or sent back)."""
    if not may_write(actor, application):
        raise NotAllowed(_("You can read this application but not change it."))
    if application.state not in EDITABLE_STATES:
        raise Conflict(_("This application was handed in. Take it back to change it."), code="state")


@transaction.atomic
def application_choose_organization(
    *, application: Application, actor: User, organization: Organization | None
) -> Application:
    """Apply for one of the actor's organizations, or (None) for one that is not registered yet."""
    row = application_lock(application)
    writable(row, actor)
    if not may_lead(actor, row):
        raise NotAllowed(_("Only the lead applicant can do this."))
    if organization is not None and organization not in organizations_of(actor):
        raise NotAllowed(_("You cannot apply for this organization."))
    if row.organization != organization:
        _take_organization(row, organization)
        _save(row, ("organization", *rules.ORGANIZATION_FIELDS, *rules.ADDRESS_FIELDS), actor)
    return row


def _save(row: Application, fields: Any, actor: Any) -> None:
    row.version += 1
    derive(row)
    row.full_clean()
    row.save(update_fields=[*fields, *DERIVED, "version", "updated_at"])
    record(
        action="application.save",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"fields": list(fields)},
    )
