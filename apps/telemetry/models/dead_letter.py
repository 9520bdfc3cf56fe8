"""Events that could not be stored as an uplink."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.telemetry.enums import DeadLetterReason, DeadLetterState


class DeadLetter(UUIDModel, TimeStampedModel):
    """An event that could not be stored as an uplink, kept byte for byte with the reason.

    ``withheld``: its device belongs to a trial with mask zones. Nobody can tell whether the message holds
    a position inside one, so the payload is empty.
    """

    state = models.CharField(
        _("state"), max_length=10, choices=DeadLetterState.choices, default=DeadLetterState.KEPT
    )
    reason = models.CharField(_("reason"), max_length=20, choices=DeadLetterReason.choices)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    topic = models.CharField(_("topic"), max_length=300)
    payload = models.BinaryField()
    payload_hash = models.CharField(max_length=64)
    dev_eui = models.CharField("DevEUI", max_length=16, blank=True)
    times = models.PositiveIntegerField(_("times received"), default=1)
    received_at = models.DateTimeField(_("received"))
    withheld = models.BooleanField(_("content not kept"), default=False)
    discard_reason = models.CharField(_("reason to discard"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["payload_hash"], name="telemetry_deadletter_once")]
        indexes = [
            models.Index(fields=["state", "-received_at"], name="telemetry_deadletter_state"),
            models.Index(fields=["dev_eui", "-received_at"], name="telemetry_deadletter_device"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.dev_eui}"
