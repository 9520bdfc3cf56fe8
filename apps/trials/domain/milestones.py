"""Milestones of a trial: steps with a day, done or not; the public sees those it is meant to see."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import InvalidInput
from apps.core.text import clean_line
from apps.trials.domain.keeping import checked, locked, room_for_one, unchanged
from apps.trials.models import Milestone, Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def milestone_save(
    *,
    trial: Trial,
    actor: User,
    title: str,
    due_on: date,
    done_on: date | None = None,
    note: str = "",
    is_public: bool = False,
    milestone: Milestone | None = None,
    seen: str = "",
) -> Milestone:
    """Keep a new or changed step. ``seen``: the row's ``updated_at`` in the form that was filled in.

    Raises ``InvalidInput`` with fields, ``Conflict`` when another was faster or there are too many.
    """
    trial = locked(trial)
    if milestone is None:
        room_for_one(Milestone.objects.filter(trial=trial))
        row = Milestone(trial=trial)
    else:
        row = Milestone.objects.select_for_update().get(pk=milestone.pk, trial=trial)
        unchanged(row, seen)
    if done_on is not None and done_on > clock.local_date():
        raise InvalidInput(
            _("Some values cannot be accepted."), fields={"done_on": [_("This day is still to come.")]}
        )
    row.title, row.note = clean_line(title), clean_line(note)
    row.due_on, row.done_on, row.is_public = due_on, done_on, is_public
    checked(row)
    row.save()
    _written(row, actor, "trial.milestone_save")
    return row


@transaction.atomic
def milestone_done(*, milestone: Milestone, actor: User, done: bool) -> Milestone:
    """Say that a step is done today, or that it is not. Saying it twice keeps the first day."""
    row = Milestone.objects.select_for_update().select_related("trial").get(pk=milestone.pk)
    if (row.done_on is not None) == done:
        return row
    row.done_on = clock.local_date() if done else None
    row.save(update_fields=["done_on", "updated_at"])
    _written(row, actor, "trial.milestone_done" if done else "trial.milestone_open")
    return row


@transaction.atomic
def milestone_remove(*, milestone: Milestone, actor: User) -> None:
    """Take a step away."""
    row = Milestone.objects.select_for_update().select_related("trial").get(pk=milestone.pk)
    _written(row, actor, "trial.milestone_remove")
    row.delete()


def _written(row: Milestone, actor: User, action: str) -> None:
    record(
        action=action,
        actor=actor,
        target=row.trial,
        organization_id=row.trial.organization_id,
        data={"milestone": str(row.pk), "title": row.title, "public": row.is_public},
    )
    transaction.on_commit(public_pages.changed)
