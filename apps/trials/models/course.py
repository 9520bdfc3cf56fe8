"""What happens during a trial: versions, changes asked and decided, milestones, notes, risks."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.calls.models import Letter
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization
from apps.trials.enums import ChangeKind, ChangeState, Degree, RiskState
from apps.trials.models.trial import Trial


class TrialNumber(models.Model):
    """The last number of the city's own trials in a fiscal year; locked while the next is taken."""

    fiscal_year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.fiscal_year}-C{self.last:02d}"


class TrialChange(UUIDModel, TimeStampedModel):
    """A change that a participant asks for and staff decide. ``number`` counts from 1 in a trial.

    ``proposed`` and ``granted`` are {kind of change: what is wished / given}.
    """

    trial = models.ForeignKey(Trial, models.PROTECT, related_name="changes", verbose_name=_("trial"))
    number = models.PositiveIntegerField(_("number"))
    kinds = ArrayField(
        models.CharField(max_length=10, choices=ChangeKind.choices), verbose_name=_("what changes")
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    reason = models.TextField(_("reason"), max_length=3000)
    proposed = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField(
        _("state"), max_length=10, choices=ChangeState.choices, default=ChangeState.ASKED
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=3000, blank=True)
    granted = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    letter = models.OneToOneField(
        Letter, models.PROTECT, null=True, blank=True, related_name="trial_change", verbose_name=_("letter")
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("change of a trial")
        verbose_name_plural = _("changes of trials")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "number"], name="trials_change_number"),
            models.UniqueConstraint(
                fields=["trial"],
                condition=models.Q(state="asked"),
                name="trials_change_one_open",
                violation_error_message=_("A change of this trial is being looked at already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.number}"

    @property
    def kind_labels(self) -> list[str]:
        """What changes, in words; the first begins a line."""
        labels = [str(ChangeKind(kind).label) for kind in self.kinds]
        return [capfirst(labels[0]), *labels[1:]] if labels else []


class TrialVersion(UUIDModel):
    """The whole trial as it stood from ``made_at`` on; never changed. ``number`` counts from 1."""

    trial = models.ForeignKey(Trial, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    snapshot = models.JSONField(encoder=DjangoJSONEncoder)
    change = models.OneToOneField(
        TrialChange, models.PROTECT, null=True, blank=True, related_name="made_version"
    )
    made_at = models.DateTimeField(_("from"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("version of a trial")
        verbose_name_plural = _("versions of trials")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["trial", "number"], name="trials_version_number")]

    def __str__(self) -> str:
        return f"{self.trial_id} v{self.number}"


class Milestone(UUIDModel, TimeStampedModel):
    """A step of a trial with its day."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="milestones")
    title = models.CharField(_("step"), max_length=120)
    due_on = models.DateField(_("by"))
    done_on = models.DateField(_("done"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    is_public = models.BooleanField(_("shown to the public"), default=False)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["due_on", "created_at"]

    def __str__(self) -> str:
        return self.title


class TrialNote(UUIDModel, TimeStampedModel):
    """A short note about a trial, by the company or the city; ``staff_only`` stays with the city."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_city = models.BooleanField(_("by the city"), default=False)
    staff_only = models.BooleanField(_("only staff read it"), default=False)
    text = models.TextField(_("note"), max_length=1000)

    class Meta:
        verbose_name = _("note about a trial")
        verbose_name_plural = _("notes about trials")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(staff_only=False) | models.Q(by_city=True), name="trials_note_staff_only"
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Risk(UUIDModel, TimeStampedModel):
    """What may go wrong in a trial, told beforehand: whom and how far it would touch."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="risks")
    title = models.CharField(_("what may go wrong"), max_length=200)
    scope = models.TextField(_("whom and how far it would touch"), max_length=1000)
    likelihood = models.PositiveSmallIntegerField(_("how likely"), choices=Degree.choices, default=Degree.LOW)
    effect = models.PositiveSmallIntegerField(_("how grave"), choices=Degree.choices, default=Degree.LOW)
    measure = models.TextField(_("what is done about it"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=RiskState.choices, default=RiskState.OPEN)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.title
