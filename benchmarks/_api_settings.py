"""Settings of the benchmark of the API: those of the demo and two empty views."""

from __future__ import annotations

from config.settings.dev import *  # noqa: F403

ROOT_URLCONF = "benchmarks._api_urls"
