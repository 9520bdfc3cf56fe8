"""The table of what staff do in the admin beyond Django's own pages."""

from __future__ import annotations

from tests.architecture.access.table import Row

ROWS: list[Row] = []
