from apps.telemetry.selectors.device import device_page, device_states, messages_today, uplinks_in_parts
from apps.telemetry.selectors.ingest import Target, ingest_targets, messages_used, simulated_devices

__all__ = [
    "Target",
    "device_page",
    "device_states",
    "ingest_targets",
    "messages_today",
    "messages_used",
    "simulated_devices",
    "uplinks_in_parts",
]
