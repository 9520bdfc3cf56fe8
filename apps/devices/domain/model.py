"""Writes of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.domain import record
from apps.devices.models import DeviceModel

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def device_model_save(*, model: DeviceModel, actor: User | None) -> DeviceModel:
    """Keep a new or changed device model."""
    model.full_clean()
    model.save()
    record(action="device_model.save", actor=actor, target=model)
    return model
