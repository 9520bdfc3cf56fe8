from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallState(models.TextChoices):
    """What staff set. Whether it is open follows from the dates (``CallPhase``)."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("withdrawn from the site")


class CallPhase(models.TextChoices):
    """What the public sees; computed from dates, never stored."""

    BEFORE = "before", _("not yet open")
    OPEN = "open", _("open")
    CLOSING = "closing", _("closing soon")
    REVIEW = "review", _("under review")
    RESULTS = "results", _("results published")
    ENDED = "ended", _("ended")


class ApplicationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    ADOPTED = "adopted", _("adopted")
    DECLINED = "declined", _("not adopted")
    ACCEPTED = "accepted", _("accepted by the company")
    TURNED_DOWN = "turned_down", _("turned down by the company")
    WITHDRAWN = "withdrawn", _("withdrawn")


DECIDED_STATES = (ApplicationState.ADOPTED, ApplicationState.DECLINED)
AFTER_ADOPTION = (ApplicationState.ACCEPTED, ApplicationState.TURNED_DOWN)
