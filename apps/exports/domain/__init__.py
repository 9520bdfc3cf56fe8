"""Writes of exports: asking, making in slices, cancelling, deleting."""

from __future__ import annotations

from apps.exports.domain.asking import export_ask
from apps.exports.domain.ending import export_cancel, exports_forget
from apps.exports.domain.making import JOB, export_job, export_step
from apps.exports.domain.merging import organization_exports_move

__all__ = [
    "JOB",
    "export_ask",
    "export_cancel",
    "export_job",
    "export_step",
    "exports_forget",
    "organization_exports_move",
]
