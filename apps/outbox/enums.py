from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    HELD = "held", _("waiting for release")
    QUEUED = "queued", _("on its way")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")
    DISCARDED = "discarded", _("discarded")


class JobState(models.TextChoices):
    QUEUED = "queued", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
