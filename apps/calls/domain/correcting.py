"""Correcting what was handed in, until the deadline: each correction is handed in at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.answers import answers_write
from apps.calls.domain.application import application_lock
from apps.calls.domain.revision import revision_add
from apps.calls.models import Application
from apps.calls.permissions import may_lead
from apps.calls.selectors.applications import answers_of, is_correctable, problems_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def application_correct(
    *,
    application: Application,
    actor: User,
    values: Mapping[str, Any],
    bases: Mapping[str, str],
    now: datetime | None = None,
) -> Application:
    """Take the answers of one screen into an application that was handed in, as its next revision.

    Nothing is kept unless the whole could be handed in: then ``InvalidInput`` names the faults.
    Raises ``Conflict``: ``closed`` after the deadline, ``changed`` when someone corrected the same
    answers since ``bases`` were seen. Without a change there is no new revision.
    """
    now = now or clock.now()
    row = application_lock(application)
    if not may_lead(actor, row):
        raise NotAllowed(_("Only the lead applicant can do this."))
    if not is_correctable(row, now):
        raise Conflict(_("This application can no longer be corrected here."), code="closed")
    mine = _changes(row, values, bases)
    if not mine:
        return row
    answers_write(row=row, values=mine, actor=actor, now=now)
    if faults := problems_of(row):
        raise InvalidInput(_words(len(faults)), fields=faults)
    revision_add(row=row, actor=actor, now=now)
    row.save(update_fields=["revision"])
    record(
        action="application.correct",
        actor=actor,
        target=row,
        organization_id=row.organization_id,
        data={"revision": row.revision, "fields": sorted(mine)},
    )
    return row


def _changes(row: Application, values: Mapping[str, Any], bases: Mapping[str, str]) -> dict[str, Any]:
    """The units that differ from what is stored, cleaned as at handing in."""
    held = rules.units_of(answers_of(row))
    given = rules.units_of(rules.clean_answers({**answers_of(row), **values}))
    locked = rules.ORGANIZATION_FIELDS if row.organization_id else ()
    asked = [unit for unit in rules.units_of(values) if unit not in locked]
    changed = [unit for unit in asked if rules.digest(given[unit]) != rules.digest(held.get(unit, ""))]
    changed = [unit for unit in changed if rules.digest(given[unit]) != bases.get(unit)]
    if any(bases.get(unit, "") != rules.digest(held.get(unit, "")) for unit in changed):
        raise Conflict(
            _("Someone corrected these answers meanwhile. Yours stand below. Press again to hand them in."),
            code="changed",
        )
    return {unit: given[unit] for unit in changed}


def _words(number: int) -> str:
    text = ngettext("%(number)d answer is still needed.", "%(number)d answers are still needed.", number)
    return text % {"number": number}
