"""What trials do when a lower app tells of a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.calls.models import Application
from apps.calls.signals import application_accepted
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.trials.domain import organization_trials_move, trial_open
from apps.trials.domain.indexing import trials_index
from apps.trials.models import Participant, Site, Trial


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


@receiver(post_save, sender=Trial, dispatch_uid="trials.index")
def index_trial(sender: Any, instance: Trial, raw: bool = False, **kwargs: Any) -> None:
    """A trial was written: what it is found by follows."""
    if not raw:
        trials_index(trials=[instance])


@receiver((post_save, post_delete), sender=Site, dispatch_uid="trials.index_site")
@receiver((post_save, post_delete), sender=Participant, dispatch_uid="trials.index_participant")
def index_part(
    sender: Any, instance: Site | Participant, raw: bool = False, origin: Any = None, **kwargs: Any
) -> None:
    """A place or a participant came, changed or went. Of a trial that goes as a whole nothing is kept."""
    whole = isinstance(origin, Trial) or getattr(origin, "model", None) is Trial
    if not raw and not whole:
        trials_index(trials=Trial.objects.filter(pk=instance.trial_id))


@receiver(post_save, sender=Organization, dispatch_uid="trials.index_organization")
def index_organization(
    sender: Any, instance: Organization, created: bool = False, raw: bool = False, **kwargs: Any
) -> None:
    """A company has another name: its trials are found by it."""
    if not (created or raw):
        trials_index(trials=Trial.objects.filter(participants__organization=instance))
