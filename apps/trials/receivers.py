"""What trials do when a lower app tells of a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.calls.models import Application
from apps.calls.signals import application_accepted
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.trials.domain import organization_trials_move, trial_open


@receiver(application_accepted, dispatch_uid="trials.open")
def open_trial(
    sender: Any, application: Application, actor: Any, now: datetime | None = None, **kwargs: Any
) -> None:
    """The company accepted its adoption: the trial begins to exist, in the same transaction."""
    trial_open(application=application, actor=actor, now=now)


@receiver(organization_merged, dispatch_uid="trials.merged")
def move_trials(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_trials_move(keep=keep, gone=gone)
