from apps.telemetry.selectors.device import (
    device_page,
    device_states,
    field_names,
    messages_today,
    uplinks_in_parts,
)
from apps.telemetry.selectors.ingest import (
    Target,
    ingest_targets,
    messages_used,
    simulated_devices,
    uplinks_stored,
)

__all__ = [
    "Target",
    "device_page",
    "device_states",
    "field_names",
    "ingest_targets",
    "messages_today",
    "messages_used",
    "simulated_devices",
    "uplinks_in_parts",
    "uplinks_stored",
]
