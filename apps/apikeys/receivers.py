"""What API keys do when a lower app tells of a fact."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from apps.apikeys.domain import organization_keys_move
from apps.organizations.models import Organization
from apps.organizations.signals import organization_merged


@receiver(organization_merged, dispatch_uid="apikeys.merged")
def move_keys(sender: Any, keep: Organization, gone: Organization, **kwargs: Any) -> None:
    """Two organizations are one."""
    organization_keys_move(keep=keep, gone=gone)
