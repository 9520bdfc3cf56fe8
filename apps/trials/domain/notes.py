"""Short notes about a trial, by the company and by the city. They are added and never rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import InvalidInput
from apps.core.text import clean_text
from apps.trials.domain.keeping import checked, locked
from apps.trials.models import Trial, TrialNote

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def note_add(
    *, trial: Trial, actor: User, text: str, by_city: bool = False, staff_only: bool = False
) -> TrialNote:
    """Keep a note. ``staff_only``: the company never reads it; only the city writes such a note.

    Raises ``InvalidInput``.
    """
    if by_city and not actor.is_staff:
        raise ValueError("only staff write for the city")
    if staff_only and not by_city:
        raise ValueError("only the city writes notes for itself")
    trial = locked(trial)
    text = clean_text(text)
    if not text:
        raise InvalidInput(
            _("Some values cannot be accepted."), fields={"text": [_("Write a sentence or two.")]}
        )
    row = TrialNote(trial=trial, author=actor, by_city=by_city, staff_only=staff_only, text=text)
    checked(row)
    row.save()
    record(
        action="trial.note_add",
        actor=actor,
        target=trial,
        organization_id=None if staff_only else trial.organization_id,
        data={"note": str(row.pk), "staff_only": staff_only},
    )
    return row
