"""Fault runs take minutes and kill real processes: only ``make faults`` runs them."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("MACHITRY_FAULTS") else ["test_*.py"]
