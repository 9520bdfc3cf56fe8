from apps.telemetry.selectors.device import (
    device_page,
    field_names,
    messages_today,
    uplinks_in_parts,
)
from apps.telemetry.selectors.ingest import (
    Target,
    decoded_of_day,
    ingest_holders,
    ingest_targets,
    messages_used,
    simulated_devices,
    targets_of_trial,
    uplinks_over_quota,
    uplinks_stored,
)
from apps.telemetry.selectors.states import device_links, device_states, links_of, states_of

__all__ = [
    "Target",
    "decoded_of_day",
    "device_links",
    "device_page",
    "device_states",
    "field_names",
    "ingest_holders",
    "ingest_targets",
    "links_of",
    "messages_today",
    "messages_used",
    "simulated_devices",
    "states_of",
    "targets_of_trial",
    "uplinks_in_parts",
    "uplinks_over_quota",
    "uplinks_stored",
]
