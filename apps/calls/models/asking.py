"""What people ask the city about a call, and whom the city went to see."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import ConsultationState, QuestionState, VisitManner
from apps.calls.models.application import Application
from apps.calls.models.call import Call
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel
from apps.organizations.models import Organization


class PublicQuestion(TwoLanguages, UUIDModel, TimeStampedModel):
    """A question about a call, asked without account; ``text`` is the public wording of ``original_text``."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="public_questions", verbose_name=_("call"))
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=10, choices=QuestionState.choices, default=QuestionState.WAITING
    )
    original_text = models.TextField(_("as it was asked"))
    text = models.TextField(_("question"), blank=True)
    text_en = models.TextField(_("question (English)"), blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answer_en = models.TextField(_("answer (English)"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    asked_at = models.DateTimeField(_("asked"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    corrected_at = models.DateTimeField(_("corrected"), null=True, blank=True)
    close_reason = models.CharField(_("why it is not published"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("question about a call")
        verbose_name_plural = _("questions about calls")
        ordering = ["-asked_at"]
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="calls_question_number")]

    def __str__(self) -> str:
        return f"{self.number} {(self.text or self.original_text)[:60]}"


class Consultation(UUIDModel, TimeStampedModel):
    """A talk before applying (事前相談): asked for on the site, arranged and noted by staff."""

    call = models.ForeignKey(
        Call, models.PROTECT, null=True, blank=True, related_name="consultations", verbose_name=_("call")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ConsultationState.choices, default=ConsultationState.WAITING
    )
    organization_name = models.CharField(_("organization"), max_length=200, blank=True)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("registered organization"),
    )
    contact_name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    topic = models.TextField(_("what to talk about"), max_length=10_000)
    wishes = models.TextField(_("when it suits"), max_length=1000, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    meeting_at = models.DateTimeField(_("meeting"), null=True, blank=True)
    meeting_place = models.CharField(_("place or link"), max_length=300, blank=True)
    staff_notes = models.TextField(_("notes of the city"), blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("handled by"),
    )
    application = models.ForeignKey(
        Application,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("application"),
    )
    version = models.PositiveIntegerField(default=1)
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("prior consultation")
        verbose_name_plural = _("prior consultations")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.organization_name} {self.contact_name}".strip()


class OutreachVisit(UUIDModel, TimeStampedModel):
    """An organization that staff went to see, to invite it. Read by staff only."""

    visited_on = models.DateField(_("day"))
    organization_name = models.CharField(_("organization"), max_length=200)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="visits",
        verbose_name=_("registered organization"),
    )
    people = models.CharField(_("people met"), max_length=200, blank=True)
    manner = models.CharField(
        _("manner"), max_length=8, choices=VisitManner.choices, default=VisitManner.VISIT
    )
    place = models.CharField(_("place"), max_length=200, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    next_step = models.CharField(_("next step"), max_length=300, blank=True)
    next_on = models.DateField(_("next step by"), null=True, blank=True)
    next_done = models.BooleanField(_("next step done"), default=False)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("member of staff")
    )
    call = models.ForeignKey(
        Call, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("call")
    )
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        verbose_name = _("visit to an organization")
        verbose_name_plural = _("visits to organizations")
        ordering = ["-visited_on", "-created_at"]

    def __str__(self) -> str:
        return f"{self.visited_on} {self.organization_name}"
