from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class ExportState(models.TextChoices):
    """Where an export is; only the first two may still change by the worker."""

    WAITING = "waiting", pgettext_lazy("export", "Waiting")
    RUNNING = "running", pgettext_lazy("export", "Being made")
    DONE = "done", pgettext_lazy("export", "Ready")
    FAILED = "failed", pgettext_lazy("export", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("export", "Cancelled")
    EXPIRED = "expired", pgettext_lazy("export", "Deleted")


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    JSONL = "jsonl", "JSON Lines"


#: Those that a worker may still take up.
OPEN = (ExportState.WAITING, ExportState.RUNNING)
