"""What exports do when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.exports.domain import organization_exports_move
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged


@receiver(organization_merged, dispatch_uid="exports.merged")
def move_exports(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_exports_move(keep=keep, gone=gone)
