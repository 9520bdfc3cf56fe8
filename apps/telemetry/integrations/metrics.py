"""Counters of telemetry for Prometheus."""

from __future__ import annotations

from prometheus_client import Histogram

#: By class of status (``2xx``) or the code of what went wrong.
DELIVERIES = Histogram(
    "machitry_webhook_seconds",
    "Attempts to deliver a message of a webhook, and how long each took.",
    ["result"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 3, 10, 15, 20),
)
