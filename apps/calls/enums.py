from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


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

#: What staff read of each state.
STAFF_WORDS: Mapping[str, str | Promise] = {
    ApplicationState.DRAFT: _("draft"),
    ApplicationState.SUBMITTED: pgettext_lazy("staff", "waiting for a decision"),
    ApplicationState.ADOPTED: pgettext_lazy("staff", "adopted, waiting for the company’s answer"),
    ApplicationState.DECLINED: _("not adopted"),
    ApplicationState.ACCEPTED: _("accepted by the company"),
    ApplicationState.TURNED_DOWN: _("turned down by the company"),
    ApplicationState.WITHDRAWN: _("withdrawn"),
}
#: What the applicant reads of each state.
PUBLIC_WORDS: Mapping[str, str | Promise] = {
    ApplicationState.DRAFT: pgettext_lazy("applicant", "Draft"),
    ApplicationState.SUBMITTED: pgettext_lazy("applicant", "Under review"),
    ApplicationState.ADOPTED: pgettext_lazy("applicant", "Adopted"),
    ApplicationState.DECLINED: pgettext_lazy("applicant", "Not adopted"),
    ApplicationState.ACCEPTED: pgettext_lazy("applicant", "Adopted, trial accepted"),
    ApplicationState.TURNED_DOWN: pgettext_lazy("applicant", "Trial turned down"),
    ApplicationState.WITHDRAWN: pgettext_lazy("applicant", "Withdrawn"),
}
