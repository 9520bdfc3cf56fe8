"""Reading requests for changes and the history of a trial."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.accounts.models import User as Person
from apps.calls.models import Letter
from apps.core.errors import NotFound
from apps.core.registry import WorkItem
from apps.organizations.enums import MANAGING_ROLES
from apps.organizations.models import Organization
from apps.trials.enums import ChangeKind, ChangeState
from apps.trials.models import Trial, TrialChange, TrialVersion
from apps.trials.rules.words import differences, now_words, wish_words
from apps.trials.selectors.versions import snapshot
from apps.trials.selectors.workspace import access_trial

if TYPE_CHECKING:
    from apps.accounts.models import User

MOST = 100


@dataclass(frozen=True)
class ChangeRow:
    """One thing of a request: how it is, what is wished, what was granted (None: not decided)."""

    kind: str
    label: str
    now: list[str]
    wished: list[str]
    granted: list[str] | None


@dataclass(frozen=True)
class HistoryRow:
    """A version in plain words. ``change`` is the request that brought it."""

    number: int
    made_at: datetime
    lines: list[str]
    change: TrialChange | None


def access_change(
    *, actor: User | Any, organization: uuid.UUID, code: str, number: int, write: bool = False
) -> tuple[TrialChange, Trial, Organization]:
    """A request of the trial for those who take part; a stranger learns nothing (``NotFound``)."""
    trial, owner = access_trial(actor=actor, organization=organization, code=code, write=write)
    # A number larger than any column is no number of a request.
    rows = changes_of(trial) if number < 2**31 else TrialChange.objects.none()
    change = rows.filter(number=number).first()
    if change is None:
        raise NotFound(_("This page does not exist."))
    change.trial = trial
    return change, trial, owner


def changes_of(trial: Trial) -> Any:
    """The requests of a trial, the newest first."""
    rows = TrialChange.objects.filter(trial=trial).select_related("asked_by", "letter", "organization")
    return rows.order_by("-number")


def open_change(trial: Trial) -> TrialChange | None:
    """The request that waits for the city."""
    return TrialChange.objects.filter(trial=trial, state=ChangeState.ASKED).first()


def kept_before(change: TrialChange) -> dict[str, Any]:
    """The trial as it stood when the request was decided; while it is open, as it stands."""
    versions = TrialVersion.objects.filter(trial_id=change.trial_id).order_by("-number")
    if change.decided_at is not None:
        versions = versions.filter(made_at__lt=change.decided_at)
    row = versions.first()
    kept: dict[str, Any] = row.snapshot if row else snapshot(change.trial)
    return kept


def change_rows(change: TrialChange) -> list[ChangeRow]:
    """Now beside wished beside granted, in the active language."""
    kept = kept_before(change)
    decided = change.decided_at is not None and change.state != ChangeState.TAKEN_BACK
    return [
        ChangeRow(
            kind=kind,
            label=capfirst(str(ChangeKind(kind).label)),
            now=now_words(kind, kept),
            wished=wish_words(kind, change.proposed[kind], kept),
            granted=_granted(change, kind, kept) if decided else None,
        )
        for kind in change.kinds
    ]


def _granted(change: TrialChange, kind: str, kept: dict[str, Any]) -> list[str]:
    return wish_words(kind, change.granted[kind], kept) if kind in change.granted else []


def history(trial: Trial) -> list[HistoryRow]:
    """Every version of a trial in plain words, the newest first (one query)."""
    versions = list(TrialVersion.objects.filter(trial=trial).select_related("change").order_by("number"))
    rows = []
    for index, version in enumerate(versions):
        lines = differences(versions[index - 1].snapshot, version.snapshot) if index else [_("Opened.")]
        rows.append(
            HistoryRow(number=version.number, made_at=version.made_at, lines=lines, change=version.change)
        )
    return rows[::-1]


def change_recipient(change: TrialChange) -> Person | None:
    """Who reads the answer: whoever asked; if they left, an owner or manager of their organization."""
    members = Person.objects.filter(is_active=True, memberships__organization=change.organization_id)
    asked = members.filter(pk=change.asked_by_id).first()
    if asked is not None:
        return asked
    managers = members.filter(memberships__role__in=MANAGING_ROLES)
    return managers.order_by("memberships__created_at", "pk").first()


def change_letter_of(change: TrialChange) -> Letter:
    """The letter that answered the request; raises ``NotFound``."""
    if change.letter is None:
        raise NotFound(_("This page does not exist."))
    return change.letter


def waiting_changes(user: Any) -> list[WorkItem]:
    """Requests that wait for staff, for the admin's first page."""
    if not user.is_staff:
        return []
    rows = TrialChange.objects.filter(state=ChangeState.ASKED).select_related("trial", "organization")
    return [
        WorkItem(
            kind=pgettext("work", "Change of a trial"),
            title=f"{row.trial.code} {row.trial.title}",
            detail=pgettext("list", ", ").join(str(ChangeKind(kind).label) for kind in row.kinds),
            url=reverse("admin:trials_trialchange_change", args=[row.pk]),
            action=pgettext("act", "Look and decide"),
            mail_count=1,
        )
        for row in rows.order_by("created_at")[:MOST]
    ]
