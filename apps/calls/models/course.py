"""What gathers around one application: its revisions, other texts, files, partners, consents."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.calls.enums import AttachmentKind, ConsentState, JointState
from apps.calls.models.application import Application
from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization


class ApplicationRevision(UUIDModel):
    """The answers as they were handed in; never changed. ``number`` counts from 1."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(_("revision"))
    answers = models.JSONField(_("answers"))
    handed_in_at = models.DateTimeField(_("handed in"))
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("handed in by")
    )

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="calls_revision_number")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} r{self.number}"


class AnswerVariant(UUIDModel):
    """The other text where two people wrote into one field: kept until someone settles it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="variants")
    field = models.CharField(max_length=60)
    value = models.JSONField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: The browser page that keeps writing it; empty for a text that is finished.
    pen = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("other text")
        verbose_name_plural = _("other texts")
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["application"], name="calls_variant_open", condition=models.Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.field}"


class Attachment(UUIDModel):
    """A file of an application, cleaned before it was stored. ``size`` in bytes, of what is stored."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="attachments")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    name = models.CharField(_("file name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=8, choices=AttachmentKind.choices)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.FileField(_("file"), upload_to="applications/")

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name


class JointApplicantQuerySet(models.QuerySet["JointApplicant"]):
    def present(self) -> JointApplicantQuerySet:
        """Those who were not removed."""
        return self.filter(removed_at__isnull=True)

    def confirmed(self) -> JointApplicantQuerySet:
        """Those who share the application."""
        return self.present().filter(state=JointState.CONFIRMED)


class JointApplicant(UUIDModel, TimeStampedModel):
    """A partner of an application, who confirms by a mailed link and then shares it."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="joint_applicants")
    state = models.CharField(
        _("state"), max_length=10, choices=JointState.choices, default=JointState.INVITED
    )
    org_name = models.CharField(_("organization"), max_length=200)
    contact_name = models.CharField(_("contact person"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(_("link sent"))
    expires_at = models.DateTimeField(_("valid until"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_applications",
        verbose_name=_("confirmed by"),
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_applications",
        verbose_name=_("registered organization"),
    )
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    objects: ClassVar[JointApplicantQuerySet] = JointApplicantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("joint applicant")
        verbose_name_plural = _("joint applicants")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "email"],
                condition=models.Q(removed_at__isnull=True),
                name="calls_joint_once",
                violation_error_message=_("This address was invited already."),
            )
        ]

    def __str__(self) -> str:
        return self.org_name


class FacilityConsent(UUIDModel, TimeStampedModel):
    """What the keeper of a facility answers to the city about one application."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="consents")
    state = models.CharField(
        _("state"), max_length=10, choices=ConsentState.choices, default=ConsentState.ASKED
    )
    facility = models.CharField(_("facility"), max_length=200)
    owner_name = models.CharField(_("keeper"), max_length=200)
    email = models.EmailField(_("e-mail"))
    message = models.TextField(_("message"), max_length=3000, blank=True)
    due_on = models.DateField(_("answer by"))
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(_("valid until"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    answered_section = models.CharField(_("section of who answered"), max_length=200, blank=True)
    #: Where the answer came from in the network: a forwarded link is noticed by it.
    answered_from = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    comment = models.TextField(_("comment"), max_length=3000, blank=True)
    read_at = models.DateTimeField(_("read by the city"), null=True, blank=True)
    void_reason = models.CharField(_("why it does not count"), max_length=300, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent of a facility’s keeper")
        verbose_name_plural = _("consents of facilities’ keepers")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.facility} ({self.owner_name})"


class StaffNote(UUIDModel):
    """A note about an application that only staff read."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="staff_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=5000)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("note of the city")
        verbose_name_plural = _("notes of the city")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.text[:60]


class ReadMark(UUIDModel):
    """Which revision a member of staff has read."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="read_marks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        verbose_name = _("read mark")
        verbose_name_plural = _("read marks")
        constraints = [models.UniqueConstraint(fields=["application", "user"], name="calls_readmark_once")]

    def __str__(self) -> str:
        return f"{self.application_id} r{self.revision}"
