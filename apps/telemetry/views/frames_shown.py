"""Uplinks as they came, in the words and shapes of a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import Uplink
from apps.telemetry.selectors.fields import fields_of
from apps.telemetry.views.shown import shown_value
from apps.trials.permissions import works_for


def bench_address(device: Device, actor: Any) -> str:
    """The workbench of the device's model, when that is its company's own and ``actor`` may work there."""
    model = device.model
    if model is None or model.organization_id is None or not works_for(actor, device.organization):
        return ""
    return reverse("devices:model-codec", args=[model.organization_id, model.pk])


def frame_items(device: Device, frames: Sequence[Uplink], now: datetime) -> list[dict[str, Any]]:
    """Each uplink with its decoded values as words, its payload in hexadecimal, and its radio."""
    seen = {name for frame in frames for name in frame.values or {}}
    fields = fields_of(device, seen, get_language())
    return [
        {
            "time": frame.time,
            "shown": clock.short(frame.time, now),
            "frame": frame,
            "values": [
                {"label": field.label, "value": shown_value(field, frame.values), "unit": field.unit}
                for field in fields
                if (frame.values or {}).get(field.name) is not None
            ],
            "payload": bytes(frame.data).hex(),
            "megahertz": frame.frequency / 1_000_000 if frame.frequency else None,
            "gateways": [row.get("gatewayId", "") for row in frame.rx or [] if isinstance(row, dict)],
        }
        for frame in frames
    ]
