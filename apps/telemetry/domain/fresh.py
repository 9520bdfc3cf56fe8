"""What was stored just now, as those who tell of it get it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from apps.telemetry.models import DeviceEvent, Uplink


@dataclass
class Fresh:
    """What was stored for one organization, in the order of its times."""

    organization_id: uuid.UUID
    uplinks: list[Uplink] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)

    @property
    def told(self) -> list[Any]:
        """Readings and events together."""
        return [*self.uplinks, *self.events]
