"""Result reports (成果報告書): what was tried, what came out, what was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.reports.enums import Outcome, ReportState
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class ReportQuerySet(models.QuerySet["Report"]):
    def published(self) -> ReportQuerySet:
        """Those everyone may read, newest first, whatever their outcome."""
        return self.filter(state=ReportState.PUBLISHED, trial__is_public=True).order_by(
            "-published_at", "-trial__code"
        )

    def visible_to(self, actor: User | Any) -> ReportQuerySet:
        return self.filter(trial__in=Trial.objects.visible_to(actor))


class Report(UUIDModel, TimeStampedModel):
    """The report of one trial."""

    trial = models.OneToOneField(Trial, models.PROTECT, related_name="report", verbose_name=_("trial"))
    state = models.CharField(
        _("state"), max_length=10, choices=ReportState.choices, default=ReportState.DRAFT
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    summary = models.TextField(_("in two sentences"), blank=True)
    hypothesis = models.TextField(_("what was to be found out"), blank=True)
    measured = models.TextField(_("what was measured"), blank=True)
    did_not_work = models.TextField(_("what did not work"), blank=True)
    learned = models.TextField(_("what was learned"), blank=True)
    next_step = models.TextField(_("to whoever tries next"), blank=True)
    submitted_at = models.DateTimeField(_("handed in"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    return_reason = models.TextField(_("why it was sent back"), blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[ReportQuerySet] = ReportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="published") | ~models.Q(outcome=""), name="reports_report_outcome"
            )
        ]

    def __str__(self) -> str:
        return str(self.trial)

    def get_absolute_url(self) -> str:
        return reverse("reports:report-detail", args=[self.trial.code])
