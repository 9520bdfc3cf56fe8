"""Messages and jobs waiting to be done: written in the transaction of the fact they tell of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.outbox.enums import JobState, MessageState


class Message(UUIDModel, TimeStampedModel):
    """One mail, rendered when queued: what staff preview is what is sent."""

    state = models.CharField(
        _("state"), max_length=12, choices=MessageState.choices, default=MessageState.QUEUED
    )
    to_email = models.EmailField(_("to"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    template = models.CharField(_("kind"), max_length=60)
    subject = models.CharField(_("subject"), max_length=300)
    body = models.TextField(_("text"), blank=True)
    batch = models.CharField(
        _("batch"), max_length=80, blank=True, help_text=_("Mails of one batch are released together.")
    )
    #: Code mails: the text is wiped once sent.
    secret = models.BooleanField(_("secret"), default=False)
    #: [{"kind": str, "args": {}, "name": str}]: made when the mail leaves. "left_out": why it left without.
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    dedupe_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="outbox_message_due", condition=models.Q(state="queued")
            ),
            models.Index(fields=["batch"], name="outbox_message_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to_email}"


class Job(UUIDModel, TimeStampedModel):
    """Work outside the database, done by the handler registered for ``kind``."""

    state = models.CharField(_("state"), max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(_("details"), default=dict)
    dedupe_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="outbox_job_due", condition=models.Q(state="queued")
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
