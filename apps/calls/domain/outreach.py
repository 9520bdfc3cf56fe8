"""The log of organizations that staff went to see. Only staff read it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.models import OutreachVisit
from apps.calls.permissions import may_decide
from apps.core.errors import NotAllowed
from apps.core.search import indexed
from apps.core.text import clean_line, clean_text

_LINES = ("organization_name", "people", "place", "next_step")
_TEXTS = ("notes",)


@transaction.atomic
def visit_save(*, visit: OutreachVisit, actor: Any) -> OutreachVisit:
    """Add a visit, or keep what was changed. Raises ``ValidationError``."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city keeps the log of visits."))
    new = visit._state.adding
    for name in _LINES:
        setattr(visit, name, clean_line(getattr(visit, name)))
    for name in _TEXTS:
        setattr(visit, name, clean_text(getattr(visit, name)))
    if new and visit.staff_id is None:
        visit.staff = actor
    visit.search_text, _terms = indexed(*(getattr(visit, name) for name in (*_LINES, *_TEXTS)))
    visit.full_clean()
    visit.save(force_insert=new)
    record(action="visit.add" if new else "visit.change", actor=actor, target=visit)
    return visit


@transaction.atomic
def visit_step_done(*, visit: OutreachVisit, actor: Any) -> OutreachVisit:
    """The next step was taken; nothing waits any more."""
    if not may_decide(actor):
        raise NotAllowed(_("Only the city keeps the log of visits."))
    row = OutreachVisit.objects.select_for_update().get(pk=visit.pk)
    if not row.next_done:
        row.next_done = True
        row.save(update_fields=["next_done", "updated_at"])
        record(action="visit.step_done", actor=actor, target=row)
    return row
