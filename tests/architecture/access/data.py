"""Rows of the table: what devices sent, across devices, and limits, by API."""

from __future__ import annotations

from typing import Any

from apps.core import clock
from apps.telemetry.models import DeadLetter
from tests.architecture.access.table import ApiRow, by_key
from tests.architecture.access.world import World


def _device(w: World) -> dict[str, Any]:
    return {"pk": w.device.pk}


def _trial(w: World) -> dict[str, Any]:
    return {"code": w.trial.code}


def _letter(w: World) -> dict[str, Any]:
    """A message of the company's device that could not be stored."""
    found = DeadLetter.objects.filter(payload_hash="d" * 64).first() or DeadLetter.objects.create(
        dev_eui=w.device.dev_eui,
        reason="failed",
        topic="application/1/device/x/event/up",
        payload=b"{}",
        payload_hash="d" * 64,
        received_at=clock.now(),
    )
    return {"pk": found.pk}


API: list[ApiRow] = [
    # Lists: another company's key sees its own, which is nothing.
    by_key("api-latest-list", other=200),
    by_key("api-uplink-list", other=200),
    by_key("api-alert-list", other=200),
    by_key("api-alert-rule-list", other=200),
    by_key("api-quota-list", other=200),
    by_key("api-dead-letter-list", other=200),
    by_key("api-dead-letter-detail", _letter),
    by_key("api-device-events", _device),
    by_key("api-trial-quotas", _trial),
    by_key("api-trial-usage", _trial),
]
