"""What writing milestones, notes and risks has in common."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import Conflict, InvalidInput
from apps.trials.models import Trial

#: Rows of one kind that a trial holds at most.
MOST = 60


def checked(row: models.Model) -> None:
    """Raises ``InvalidInput`` with the fields that the model refuses."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None


def room_for_one(rows: models.QuerySet[Any]) -> None:
    """Raises ``Conflict`` when a trial holds as many rows as it may."""
    if rows.count() >= MOST:
        text = ngettext("A trial holds %(most)d row at most.", "A trial holds %(most)d rows at most.", MOST)
        raise Conflict(text % {"most": MOST})


def unchanged(row: Any, seen: str) -> None:
    """Raises ``Conflict`` when ``row`` was written since ``seen`` (``updated_at`` as the form had it)."""
    if seen and row.updated_at.isoformat() != seen:
        raise Conflict(
            _("Someone else changed this just now. Nothing was saved: please look at it anew."),
            code="version",
        )


def locked(trial: Trial) -> Trial:
    """The trial, locked: rows are counted and added one after another."""
    return Trial.objects.select_for_update().get(pk=trial.pk)
