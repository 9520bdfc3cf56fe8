"""What trials do when a lower app tells of a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.calls.models import Application
from apps.calls.signals import application_accepted
from apps.trials.domain import trial_open


@receiver(application_accepted, dispatch_uid="trials.open")
def open_trial(
    sender: Any, application: Application, actor: Any, now: datetime | None = None, **kwargs: Any
) -> None:
    """The company accepted its adoption: the trial begins to exist, in the same transaction."""
    trial_open(application=application, actor=actor, now=now)
