"""Rules without a database: what a device's state is, how its link is."""

from __future__ import annotations

from apps.telemetry.rules.values import is_number

__all__ = ["is_number"]
