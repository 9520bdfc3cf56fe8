from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import CallPhase, CallState
from apps.core import clock
from apps.core.models import TimeStampedModel, UUIDModel

CLOSING_SOON = timedelta(days=7)


class CallQuerySet(models.QuerySet["Call"]):
    def published(self) -> CallQuerySet:
        return self.filter(state=CallState.PUBLISHED)

    def open(self, at: datetime | None = None) -> CallQuerySet:
        """Published calls that take applications at ``at``."""
        at = at or clock.now()
        return self.published().filter(opens_at__lte=at, closes_at__gt=at)


class Call(UUIDModel, TimeStampedModel):
    """A public call (公募): what is lent, to whom, from when until when."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[0-9a-z-]+$")],
        help_text=_("Stands in the address, for example 2026 or 2026-2."),
    )
    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"), validators=[MinValueValidator(2000)])
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=160, blank=True)
    summary = models.TextField(_("summary"), max_length=600)
    summary_en = models.TextField(_("summary (English)"), max_length=900, blank=True)
    lent = models.TextField(_("what is lent"), max_length=1000, blank=True)
    lent_en = models.TextField(_("what is lent (English)"), max_length=1500, blank=True)
    conditions = models.TextField(_("what the city asks"), max_length=1000, blank=True)
    conditions_en = models.TextField(_("what the city asks (English)"), max_length=1500, blank=True)
    eligible = models.TextField(_("who may apply"), max_length=600, blank=True)
    eligible_en = models.TextField(_("who may apply (English)"), max_length=900, blank=True)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    decision_on = models.DateField(_("decision"))
    trial_from = models.DateField(_("trial from"))
    trial_until = models.DateField(_("trial until"))
    device_quota = models.PositiveIntegerField(_("devices for one trial"), default=50)
    message_quota = models.PositiveIntegerField(_("messages a day for one trial"), default=5000)
    state = models.CharField(_("state"), max_length=10, choices=CallState.choices, default=CallState.DRAFT)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    results_published_at = models.DateTimeField(_("results published"), null=True, blank=True)

    objects: ClassVar[CallQuerySet] = CallQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-fiscal_year", "-opens_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="calls_call_closes_after_opening",
                violation_error_message=_("The call must close after it opens."),
            ),
            models.CheckConstraint(
                condition=models.Q(trial_until__gte=models.F("trial_from")),
                name="calls_call_trial_period",
                violation_error_message=_("The trial must end after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("calls:call-detail", args=[self.code])

    def phase(self, at: datetime | None = None) -> CallPhase:
        """What the public sees at ``at``."""
        at = at or clock.now()
        if at < self.opens_at:
            return CallPhase.BEFORE
        if at < self.closes_at:
            return CallPhase.CLOSING if self.closes_at - at <= CLOSING_SOON else CallPhase.OPEN
        if clock.local_date(at) > self.trial_until:
            return CallPhase.ENDED
        return CallPhase.RESULTS if self.results_published_at else CallPhase.REVIEW

    def is_open(self, at: datetime | None = None) -> bool:
        return self.state == CallState.PUBLISHED and self.phase(at) in (CallPhase.OPEN, CallPhase.CLOSING)

    def localized(self, field: str, language: str) -> str:
        """The text of ``field`` in ``language``; Japanese where English is empty."""
        english = getattr(self, f"{field}_en", "") if language == "en" else ""
        return str(english or getattr(self, field))
