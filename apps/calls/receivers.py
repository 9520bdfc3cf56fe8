"""What calls do when a lower app tells of a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from apps.calls.domain import decisions_tell
from apps.calls.domain.merging import organization_rows_move
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged
from apps.outbox.signals import batch_released


@receiver(batch_released, dispatch_uid="calls.decisions")
def tell_decisions(
    sender: Any, batch: str, actor: Any = None, now: datetime | None = None, **kwargs: Any
) -> None:
    """The decision mails of a call left: the applicants may read their results."""
    decisions_tell(batch=batch, actor=actor, now=now)


@receiver(organization_merged, dispatch_uid="calls.merged")
def move_rows(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_rows_move(keep=keep, gone=gone)
