"""Webhooks: where an organization wants to be told, what is on its way, what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization
from apps.telemetry.enums import NewsKind, WebhookState
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows of organizations."""

    def visible_to(self, actor: User | Any) -> OwnedQuerySet:
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        return self.filter(organization__memberships__user=actor)


class WebhookEndpoint(UUIDModel, TimeStampedModel):
    """An address that gets signed messages (Standard Webhooks); no trials chosen means all."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="webhooks")
    name = models.CharField(_("name"), max_length=80)
    url = models.CharField(_("address"), max_length=500)
    kinds = ArrayField(models.CharField(max_length=10, choices=NewsKind.choices), verbose_name=_("tells of"))
    trials = models.ManyToManyField(Trial, blank=True, related_name="+", verbose_name=_("trials"))
    is_active = models.BooleanField(_("on"), default=True)
    #: Why the portal itself switched it off (``gone``: the receiver answered 410); empty when a person did.
    off_reason = models.CharField(max_length=20, blank=True)
    off_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    #: Since when nothing was taken; empty while the last attempt succeeded.
    failing_since = models.DateTimeField(null=True, blank=True)
    #: Attempts since the last success; while there are any, one message at a time is tried.
    failures = models.PositiveIntegerField(default=0)
    #: While it fails: nothing is tried before.
    rest_until = models.DateTimeField(null=True, blank=True)
    #: When the owners were told that nothing arrives any more; empty again after a success.
    told_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WebhookSecret(models.Model):
    """A signing secret, encrypted; while one is being replaced two sign."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    #: None: the newest, which stays.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.made_at:%Y-%m-%d}"


class WebhookMessage(UUIDModel):
    """One message to one address, byte for byte; its id is the ``webhook-id`` of every attempt."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=10, choices=NewsKind.choices)
    body = models.BinaryField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=WebhookState.choices, default=WebhookState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: When the next attempt is due; a message somebody is sending is due again only when that one is lost.
    due_at = models.DateTimeField()
    #: While somebody is sending it.
    taken_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    is_test = models.BooleanField(default=False)
    replay_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-made_at"]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"],
                name="telemetry_webhook_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["endpoint", "made_at"],
                name="telemetry_webhook_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["endpoint"],
                name="telemetry_webhook_taken",
                condition=models.Q(taken_at__isnull=False),
            ),
            models.Index(fields=["endpoint", "-made_at"], name="telemetry_webhook_log"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class WebhookAttempt(models.Model):
    """One request and its answer."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    #: None: no answer came; ``error`` says why.
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    request_headers = models.JSONField(default=dict)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["message", "number"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.number}: {self.status}"
