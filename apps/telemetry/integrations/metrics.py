"""Counters of the ingest for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

EVENTS = Counter("machitry_ingest_events", "Events by what became of them", ["result"])
BATCH_SECONDS = Histogram("machitry_ingest_batch_seconds", "Time from a batch's first message to its commit")
