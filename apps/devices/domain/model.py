"""Writes of models and codecs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.domain import record
from apps.devices.models import CodecVersion, DeviceModel

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def device_model_save(*, model: DeviceModel, actor: User | None) -> DeviceModel:
    """Keep a new or changed device model."""
    model.full_clean()
    model.save()
    record(action="device_model.save", actor=actor, target=model)
    return model


@transaction.atomic
def codec_publish(*, model: DeviceModel, script: str, actor: User | None) -> CodecVersion:
    """A new version of the model's codec; versions never change. The same text again adds none."""
    model = DeviceModel.objects.select_for_update().get(pk=model.pk)
    newest = CodecVersion.objects.filter(model=model).order_by("-version").first()
    if newest is not None and newest.script == script:
        return newest
    codec = CodecVersion(model=model, version=(newest.version if newest else 0) + 1, script=script)
    codec.full_clean()
    codec.save()
    record(action="codec.publish", actor=actor, target=codec, data={"version": codec.version})
    return codec
