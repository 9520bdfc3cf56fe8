"""Beginning an application with the answers of an earlier one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.application import application_lock, application_start
from apps.calls.domain.derived import derive
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call
from apps.calls.permissions import may_lead
from apps.calls.selectors.applications import organizations_of
from apps.calls.selectors.calls import asks_of
from apps.core import clock
from apps.core.errors import Conflict, NotAllowed

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Asked anew: the days of another call, its own questions, and who is to be written to.
_NOT_COPIED = ("period_from", "period_until", "extra_answers", "contact_name", "contact_email")


@transaction.atomic
def application_copy(
    *, source: Application, call: Call, actor: User, now: datetime | None = None
) -> Application:
    """A draft for ``call`` with the answers of ``source``; files and joint applicants are not copied.

    Raises ``Conflict``: ``draft`` when the actor has a draft for the call already, ``closed``.
    """
    now = now or clock.now()
    if not may_lead(actor, source):
        raise NotAllowed(_("Only the lead applicant can do this."))
    if Application.objects.filter(call=call, created_by=actor, state=ApplicationState.DRAFT).exists():
        raise Conflict(_("You have a draft for this call already."), code="draft")
    row = application_lock(application_start(call=call, actor=actor, now=now))
    for name in rules.FIELDS:
        if name not in _NOT_COPIED:
            setattr(row, name, getattr(source, name))
    row.themes = [code for code in source.themes if code in asks_of(call).themes]
    row.organization = source.organization if source.organization in organizations_of(actor) else None
    row.copied_from = source
    row.version += 1
    derive(row)
    row.full_clean()
    row.save()
    record(action="application.copy", actor=actor, target=row, data={"from": source.code})
    return row
