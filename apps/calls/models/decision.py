"""What the city decides of an application, quietly at first; and the letters that tell it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import LetterKind, Outcome
from apps.calls.models.application import Application
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization


class Decision(UUIDModel, TimeStampedModel):
    """The quiet decision on one application. A second member of staff signs it; then it is published.

    Until it is published the application's state does not change and nobody outside learns of it.
    """

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="decision", verbose_name=_("application")
    )
    #: Empty when staff left it open again; the row stays, so that its version only grows.
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome.choices, blank=True)
    reason = models.TextField(_("reason told to the applicant"), max_length=2000, blank=True)
    conditions = models.TextField(_("conditions"), max_length=2000, blank=True)
    note = models.TextField(_("note of the city"), max_length=5000, blank=True)
    granted_devices = models.PositiveIntegerField(_("devices granted"), null=True, blank=True)
    granted_messages = models.PositiveIntegerField(_("messages a day granted"), null=True, blank=True)
    #: Place on the waiting list, from 1.
    rank = models.PositiveSmallIntegerField(_("place on the waiting list"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("signed by"),
    )
    signed_at = models.DateTimeField(_("signed"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made final by"),
    )
    published_at = models.DateTimeField(_("made final"), null=True, blank=True)
    #: Raised by every write; a form that began from an older one is refused.
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(signed_by__isnull=True) | ~models.Q(signed_by=models.F("decided_by")),
                name="calls_decision_two_people",
                violation_error_message=_("Another member of staff must sign."),
            ),
            models.CheckConstraint(
                condition=models.Q(published_at__isnull=True) | models.Q(signed_at__isnull=False),
                name="calls_decision_signed_first",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"


class LetterNumber(models.Model):
    """The last letter's number in a fiscal year; locked while the next is taken."""

    fiscal_year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.fiscal_year}-{self.last}"


class Letter(UUIDModel, TimeStampedModel):
    """A letter of the city. ``values`` are what it said; ``file`` is the PDF, made once."""

    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"))
    serial = models.PositiveIntegerField(_("serial"))
    number = models.CharField(_("number"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=LetterKind.choices)
    issued_on = models.DateField(_("date"))
    application = models.ForeignKey(
        Application,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="letters",
        verbose_name=_("application"),
    )
    trial_code = models.CharField(_("trial"), max_length=12, blank=True)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="letters", verbose_name=_("organization")
    )
    addressee = models.CharField(_("addressee"), max_length=400)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    values = models.JSONField(default=dict)
    file = models.FileField(_("file"), upload_to="letters/", blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    #: Since when its addressee can read it; staff can from the first.
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    voided_at = models.DateTimeField(_("void since"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-fiscal_year", "-serial"]
        constraints = [models.UniqueConstraint(fields=["fiscal_year", "serial"], name="calls_letter_serial")]
        indexes = [models.Index(fields=["trial_code"], name="calls_letter_trial")]

    def __str__(self) -> str:
        return self.number
