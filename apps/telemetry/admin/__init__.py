from __future__ import annotations

from apps.telemetry.admin.dead_letter import DeadLetterAdmin
from apps.telemetry.admin.redecode import RedecodeAdmin
from apps.telemetry.admin.webhook import WebhookAdmin

__all__ = [
    "DeadLetterAdmin",
    "RedecodeAdmin",
    "WebhookAdmin",
]
