"""Rules without a database: what a device's state is, how its link is, where data is missing."""

from __future__ import annotations

from apps.telemetry.rules.values import gaps_between, is_number, thinned

__all__ = ["gaps_between", "is_number", "thinned"]
