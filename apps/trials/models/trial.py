"""Adopted trials: who takes part, where, when, and how much of the network is granted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.calls.models import Application
from apps.core import clock
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel
from apps.organizations.models import Organization
from apps.trials.enums import Access, ParticipantRole, Precision, QuotaKind, TrialKind, TrialPhase, TrialState

if TYPE_CHECKING:
    from apps.accounts.models import User


def _reached(day: date | None, today: date) -> bool:
    return day is None or day <= today


class TrialQuerySet(models.QuerySet["Trial"]):
    def public(self) -> TrialQuerySet:
        return self.filter(is_public=True)

    def visible_to(self, actor: User | Any) -> TrialQuerySet:
        """Those in which one of the actor's organizations takes part; staff see all."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        return self.filter(participants__organization__memberships__user=actor).distinct()


class Trial(TwoLanguages, UUIDModel, TimeStampedModel):
    """A trial on the city's network. It keeps the number of its application."""

    code = models.CharField(_("number"), max_length=12, unique=True)
    application = models.OneToOneField(
        Application,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="trial",
        verbose_name=_("application"),
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="trials", verbose_name=_("lead organization")
    )
    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"))
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=250, blank=True)
    summary = models.TextField(_("what is tried"), blank=True)
    summary_en = models.TextField(_("what is tried (English)"), blank=True)
    kind = models.CharField(
        _("kind"), max_length=12, choices=TrialKind.choices, default=TrialKind.APPLICATION
    )
    need = models.TextField(_("the need it starts from"), blank=True)
    measure = models.TextField(_("how it will be known"), blank=True)
    learning = models.TextField(_("what is learned if it fails"), blank=True)
    #: Codes of themes.
    themes = ArrayField(models.CharField(max_length=30), verbose_name=_("themes"), default=list, blank=True)
    conditions = models.TextField(_("conditions"), blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=10, choices=TrialState.choices, default=TrialState.ACTIVE)
    is_public = models.BooleanField(_("shown to the public"), default=True)
    report_due_on = models.DateField(_("report due"), null=True, blank=True)
    paused_on = models.DateField(_("paused since"), null=True, blank=True)
    stopped_on = models.DateField(_("ended on"), null=True, blank=True)
    stop_reason = models.TextField(_("why it ended early"), blank=True)
    #: Number of its latest TrialVersion; 0 before the first.
    version = models.PositiveIntegerField(_("version"), default=0)

    objects: ClassVar[TrialQuerySet] = TrialQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")
        ordering = ["-code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="trials_trial_period",
                violation_error_message=_("The trial must end after it begins."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("trials:trial-detail", args=[self.code])

    @property
    def last_day(self) -> date:
        """The last day on which it runs; earlier than ``ends_on`` once an early end is settled."""
        return min(self.ends_on, self.stopped_on - timedelta(days=1)) if self.stopped_on else self.ends_on

    def phase(self, at: datetime | None = None) -> TrialPhase:
        """What the public sees at ``at``, from state and dates. A pause or an early end that was
        settled for a later day begins on that day."""
        today = clock.local_date(at)
        if self.state in (TrialState.STOPPED, TrialState.WITHDRAWN) and _reached(self.stopped_on, today):
            return TrialPhase(self.state)
        if today > self.ends_on:
            return TrialPhase.ENDED
        if self.state == TrialState.PAUSED and _reached(self.paused_on, today):
            return TrialPhase.PAUSED
        return TrialPhase.UPCOMING if today < self.starts_on else TrialPhase.RUNNING


class Participant(UUIDModel, TimeStampedModel):
    """An organization's part in a trial."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="participants")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="participations")
    role = models.CharField(_("part"), max_length=10, choices=ParticipantRole.choices)
    access = models.CharField(_("access"), max_length=10, choices=Access.choices, default=Access.MANAGE)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["role", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "organization"], name="trials_participant_once"),
            models.UniqueConstraint(
                fields=["trial"], condition=models.Q(role="lead"), name="trials_participant_one_lead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} ({self.get_role_display()})"


class Site(UUIDModel, TimeStampedModel):
    """A place of a trial; ``precision`` says how exactly the public sees it."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="sites")
    name = models.CharField(_("place"), max_length=200, blank=True)
    point = models.PointField(_("point"), geography=True, null=True, blank=True)
    precision = models.CharField(
        _("shown as"), max_length=10, choices=Precision.choices, default=Precision.DISTRICT
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class TrialQuota(UUIDModel, TimeStampedModel):
    """What is granted to a trial. PostgreSQL keeps ``used`` and refuses more than ``granted``."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="quotas")
    kind = models.CharField(_("kind"), max_length=10, choices=QuotaKind.choices)
    granted = models.PositiveIntegerField(_("granted"))
    used = models.PositiveIntegerField(_("used"), default=0)

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        ordering = ["kind"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "kind"], name="trials_quota_once"),
            models.CheckConstraint(
                condition=models.Q(used__lte=models.F("granted")),
                name="trials_quota_not_over",
                violation_error_message=_("More is in use than would be granted."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.used}/{self.granted}"
