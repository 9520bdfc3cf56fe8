from apps.telemetry.selectors.device import (
    device_page,
    device_states,
    field_names,
    messages_today,
    uplinks_in_parts,
)
from apps.telemetry.selectors.ingest import (
    Target,
    decoded_of_day,
    ingest_targets,
    messages_used,
    simulated_devices,
    targets_of_trial,
    uplinks_over_quota,
    uplinks_stored,
)

__all__ = [
    "Target",
    "decoded_of_day",
    "device_page",
    "device_states",
    "field_names",
    "ingest_targets",
    "messages_today",
    "messages_used",
    "simulated_devices",
    "targets_of_trial",
    "uplinks_in_parts",
    "uplinks_over_quota",
    "uplinks_stored",
]
