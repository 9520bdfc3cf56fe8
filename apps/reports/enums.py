from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """Hypothesis against result. All four weigh the same everywhere."""

    WORKED = "worked", _("worked")
    PARTLY = "partly", _("partly worked")
    DID_NOT = "did_not", _("did not work")
    STOPPED = "stopped", _("stopped half-way")


class ReportState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("handed in")
    RETURNED = "returned", _("sent back")
    PUBLISHED = "published", _("published")
