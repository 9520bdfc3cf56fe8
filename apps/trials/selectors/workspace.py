"""Reading a trial as those do who take part: the door to it, quotas, steps."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.core.memo import remembered
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.trials.enums import QuotaKind, TrialPhase
from apps.trials.models import Trial, TrialQuerySet, TrialQuota
from apps.trials.permissions import manages_trial
from apps.trials.rules import OVER, days_left

if TYPE_CHECKING:
    from apps.accounts.models import User


@remembered
def access_trial(
    *, actor: User | Any, organization: uuid.UUID, code: str, write: bool = False
) -> tuple[Trial, Organization]:
    """The trial ``code`` in which ``organization`` takes part, and that organization.

    A stranger learns nothing (``NotFound``); who may only read is told so (``NotAllowed``).
    """
    owner = access_organization(actor=actor, pk=organization)
    trial = (
        Trial.objects.visible_to(actor)
        .filter(code=code, participants__organization=owner)
        .select_related("organization")
        .first()
    )
    if trial is None:
        raise NotFound(_("This page does not exist."))
    if write and not manages_trial(actor, trial, owner):
        raise NotAllowed(_("You can look at this trial but not change it. Ask your organization’s owner."))
    return trial, owner


def may_change(*, actor: User | Any, trial: Trial, organization: Organization) -> bool:
    """Whether the actor may register devices and the like for ``organization`` in ``trial``."""
    return manages_trial(actor, trial, organization)


def trials_of(organization: Organization) -> TrialQuerySet:
    """Trials in which ``organization`` takes part, the newest first."""
    return Trial.objects.filter(participants__organization=organization).distinct()


def quotas(trial: Trial) -> dict[str, TrialQuota]:
    """The trial's quotas by kind."""
    return {row.kind: row for row in trial.quotas.all()}


def quota_limit(*, trial: Trial, kind: QuotaKind) -> int:
    """How much of ``kind`` is granted to ``trial``; 0 when nothing is."""
    row = quotas(trial).get(kind)
    return row.granted if row else 0


@dataclass(frozen=True)
class WorkspaceFacts:
    """What the workspace says of a trial: its phase, days left of it, days until it begins, quotas."""

    phase: str
    days_left: int
    days_until: int
    devices: TrialQuota | None
    messages: TrialQuota | None


def workspace_facts(trial: Trial) -> WorkspaceFacts:
    """The facts of the workspace page, as of today."""
    today, granted = clock.local_date(), quotas(trial)
    return WorkspaceFacts(
        phase=trial.phase().value,
        days_left=days_left(starts_on=trial.starts_on, ends_on=trial.last_day, today=today),
        days_until=max(0, (trial.starts_on - today).days),
        devices=granted.get(QuotaKind.DEVICES),
        messages=granted.get(QuotaKind.MESSAGES),
    )


def _report_words(trial: Trial) -> str:
    if trial.report_due_on is None:
        return _("A trial that did not work counts as much.")
    return _("By %(day)s. A trial that did not work counts as much.") % {
        "day": date_format(trial.report_due_on)
    }


def workspace_steps(trial: Trial, facts: WorkspaceFacts) -> list[dict[str, Any]]:
    """Where the trial stands and what is next, for the steps component."""
    over = facts.phase in OVER
    registered = facts.devices is not None and facts.devices.used > 0
    running = facts.phase in (TrialPhase.RUNNING, TrialPhase.PAUSED)
    rows = [
        (_("Adopted"), _("Number %(code)s") % {"code": trial.code}, "done"),
        (
            _("Register devices"),
            _("The first takes about two minutes."),
            "done" if registered or over else "current",
        ),
        (
            _("Try and see"),
            _("Until %(day)s") % {"day": date_format(trial.last_day)},
            "done" if over else "current" if registered and running else "",
        ),
        (
            _("Tell what was learned"),
            _report_words(trial),
            "current" if over else "",
        ),
    ]
    return [{"title": title, "detail": detail, "state": state} for title, detail, state in rows]
