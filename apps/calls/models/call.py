from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import CallPhase, CallState
from apps.calls.models.theme import Theme
from apps.core import clock
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel
from apps.events.models import Event

CLOSING_SOON = timedelta(days=7)


class CallQuerySet(models.QuerySet["Call"]):
    def published(self) -> CallQuerySet:
        return self.filter(state=CallState.PUBLISHED)

    def open(self, at: datetime | None = None) -> CallQuerySet:
        """Published calls that take applications at ``at``, the grace period included."""
        at = at or clock.now()
        grace = models.ExpressionWrapper(
            models.F("closes_at") + models.F("grace_minutes") * models.Value(timedelta(minutes=1)),
            output_field=models.DateTimeField(),
        )
        return self.published().filter(GreaterThan(grace, at), opens_at__lte=at)


class Call(TwoLanguages, UUIDModel, TimeStampedModel):
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
    guideline = models.TextField(_("guideline"), max_length=60_000, blank=True, help_text=_("Markdown."))
    guideline_en = models.TextField(
        _("guideline (English)"), max_length=90_000, blank=True, help_text=_("Markdown.")
    )
    themes = models.ManyToManyField(Theme, blank=True, related_name="calls", verbose_name=_("themes"))
    briefings = models.ManyToManyField(
        Event, blank=True, related_name="calls", verbose_name=_("briefings about the call")
    )
    questions_until = models.DateTimeField(_("questions until"), null=True, blank=True)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    grace_minutes = models.PositiveSmallIntegerField(
        _("grace after closing (minutes)"),
        default=0,
        validators=[MaxValueValidator(1440)],
        help_text=_("Applications are still taken, and the page says until when."),
    )
    decision_on = models.DateField(_("decision"))
    trial_from = models.DateField(_("trial from"))
    trial_until = models.DateField(_("trial until"))
    device_quota = models.PositiveIntegerField(_("devices for one trial"), default=50)
    message_quota = models.PositiveIntegerField(_("messages a day for one trial"), default=5000)
    answer_days = models.PositiveSmallIntegerField(
        _("days to accept an adoption"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    report_days = models.PositiveSmallIntegerField(
        _("days after the trial until its report is due"), default=30, validators=[MaxValueValidator(400)]
    )
    capacity_devices = models.PositiveIntegerField(
        _("devices the network can bear in this call"), null=True, blank=True
    )
    capacity_messages = models.PositiveIntegerField(
        _("messages a day the network can bear in this call"), null=True, blank=True
    )
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

    def _given(self, name: str) -> Any:
        """The value of ``name``; None while the form holds a fault on which the dates depend."""
        return getattr(self, name) if self.grace_minutes is not None else None  # type: ignore[redundant-expr]

    def clean(self) -> None:
        """The dates are in the order in which a call goes."""
        # A date that the form refused is None here, whatever its type says.
        closes, decision = self._given("closes_at"), self._given("decision_on")
        faults = {}
        if closes and self.questions_until and self.questions_until > closes:
            faults["questions_until"] = _("Questions must end before the call closes, or with it.")
        if closes and decision and decision < clock.local_date(self.last_moment):
            faults["decision_on"] = _("The decision must come after the call closes.")
        if faults:
            raise ValidationError(faults)

    @property
    def last_moment(self) -> datetime:
        """Applications are taken before this moment: the closing and its grace period."""
        return self.closes_at + timedelta(minutes=self.grace_minutes)

    def in_grace(self, at: datetime | None = None) -> bool:
        """The closing has passed; applications are still taken."""
        return self.closes_at <= (at or clock.now()) < self.last_moment

    def phase(self, at: datetime | None = None) -> CallPhase:
        """What the public sees at ``at``."""
        at = at or clock.now()
        if at < self.opens_at:
            return CallPhase.BEFORE
        if at < self.last_moment:
            return CallPhase.CLOSING if self.closes_at - at <= CLOSING_SOON else CallPhase.OPEN
        if clock.local_date(at) > self.trial_until:
            return CallPhase.ENDED
        return CallPhase.RESULTS if self.results_published_at else CallPhase.REVIEW

    def is_open(self, at: datetime | None = None) -> bool:
        return self.state == CallState.PUBLISHED and self.phase(at) in (CallPhase.OPEN, CallPhase.CLOSING)
