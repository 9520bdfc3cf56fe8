from __future__ import annotations

from apps.telemetry.admin.dead_letter import DeadLetterAdmin

__all__ = [
    "DeadLetterAdmin",
]
