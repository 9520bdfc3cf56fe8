"""Forms of telemetry."""

from __future__ import annotations

from apps.telemetry.forms.dead_letter import DiscardForm
from apps.telemetry.forms.mask import MaskZoneForm

__all__ = ["DiscardForm", "MaskZoneForm"]
