"""Alerts: rules, how each device stands with them, and the episodes that came of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.models import Device
from apps.organizations.models import Organization
from apps.telemetry.enums import AlertEnd, AlertKind, Direction
from apps.telemetry.models.webhook import OwnedQuerySet
from apps.trials.models import Trial


class AlertRule(UUIDModel, TimeStampedModel):
    """When somebody wants to be told about devices of a trial; no devices chosen means all of them."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="alert_rules")
    trial = models.ForeignKey(Trial, models.CASCADE, related_name="alert_rules", verbose_name=_("trial"))
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=AlertKind.choices)
    devices = models.ManyToManyField(Device, blank=True, related_name="+", verbose_name=_("devices"))
    field = models.CharField(_("field"), max_length=80, blank=True)
    direction = models.CharField(_("direction"), max_length=5, choices=Direction.choices, blank=True)
    limit = models.FloatField(_("limit"), null=True, blank=True)
    #: The episode ends beyond this value (hysteresis); empty: at the limit itself.
    release = models.FloatField(_("ends at"), null=True, blank=True)
    #: The value must stay beyond the limit so long; silence: no data for so long.
    minutes = models.PositiveIntegerField(_("for (minutes)"), default=0)
    #: Kind ``state``: the codes of states (telemetry.rules.states) that matter.
    states = models.JSONField(_("states"), default=list, blank=True)
    is_on = models.BooleanField(_("on"), default=False)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("mail to")
    )
    by_webhook = models.BooleanField(_("tell the webhooks"), default=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    #: When it was last tried on the past; a change of what it watches empties it.
    tried_at = models.DateTimeField(null=True, blank=True)
    #: When its last mail was written: at most one a minute.
    mailed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlertStanding(models.Model):
    """How a device stands with a rule: since when it is beyond the limit, and the last value or state looked
    at."""

    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="standings")
    device = models.ForeignKey(Device, models.CASCADE, related_name="+")
    beyond_since = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    state = models.CharField(max_length=30, blank=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "device"], name="telemetry_standing_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.device_id}"


class AlertEpisode(UUIDModel):
    """One alert: from its beginning to its end it is told once."""

    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="episodes")
    device = models.ForeignKey(Device, models.CASCADE, related_name="alert_episodes")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    #: The value it began with, and the worst since.
    value = models.FloatField(null=True)
    worst = models.FloatField(null=True)
    state = models.CharField(max_length=30, blank=True)
    end_value = models.FloatField(null=True)
    end_reason = models.CharField(max_length=10, choices=AlertEnd.choices, blank=True)
    #: When its beginning and its end were told by mail; None while quiet hours hold them back.
    told_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "device"],
                condition=models.Q(ended_at=None),
                name="telemetry_episode_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["rule", "-began_at"], name="telemetry_episode_history"),
            models.Index(
                fields=["rule"],
                name="telemetry_episode_untold",
                condition=models.Q(told_at=None) | models.Q(ended_at__isnull=False, end_told_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.device_id} {self.began_at:%Y-%m-%d %H:%M}"
