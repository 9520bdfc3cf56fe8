"""Devices of trials."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import RegexValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import DeviceState
from apps.devices.models.model import DeviceModel
from apps.devices.rules.sight import Sight, sight_of
from apps.organizations.models import Organization
from apps.trials.models import Trial

if TYPE_CHECKING:
    from apps.accounts.models import User


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, actor: User | Any) -> DeviceQuerySet:
        """Those of the actor's organizations and of trials they take part in; staff see all."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        mine = models.Q(organization__memberships__user=actor)
        shared = models.Q(trial__participants__organization__memberships__user=actor)
        return self.filter(mine | shared).distinct()

    def seen_by(self, organization: uuid.UUID | None) -> DeviceQuerySet:
        """Each as ``organization`` sees it: its own with all of their past, others' through their trial."""
        own = models.Case(models.When(organization=organization, then=True), default=False)
        return self.annotate(past_is_seen=own)

    def seen_whole(self) -> DeviceQuerySet:
        """Each with all of its past: for who owns them all, and for what nobody reads."""
        return self.annotate(past_is_seen=models.Value(True))

    def counted(self) -> DeviceQuerySet:
        return self.exclude(state=DeviceState.RETIRED)


class Device(UUIDModel, TimeStampedModel):
    """A LoRaWAN device of a trial. Its root key is encrypted and can only be written."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="devices")
    trial = models.ForeignKey(Trial, models.PROTECT, related_name="devices", verbose_name=_("trial"))
    model = models.ForeignKey(
        DeviceModel, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("model")
    )
    name = models.CharField(_("name"), max_length=80)
    dev_eui = models.CharField(
        "DevEUI",
        max_length=16,
        validators=[RegexValidator(r"^[0-9a-f]{16}$")],
    )
    join_eui = models.CharField("JoinEUI", max_length=16, validators=[RegexValidator(r"^[0-9a-f]{16}$")])
    app_key_encrypted = models.BinaryField(editable=False)
    #: LoRaWAN 1.1 only.
    nwk_key_encrypted = models.BinaryField(editable=False, null=True)
    serial_number = models.CharField(_("serial number"), max_length=64, blank=True)
    conformity_number = models.CharField(_("technical conformity number"), max_length=40, blank=True)
    place_name = models.CharField(_("place"), max_length=200, blank=True)
    place = models.PointField(_("place on the map"), geography=True, null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=DeviceState.choices, default=DeviceState.ACTIVE
    )
    uplink_interval = models.PositiveIntegerField(_("uplink interval (s)"), default=600)
    #: The device whose place this one took over; that one is retired and keeps its data.
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    #: What its own people say about decoded values, over what the model says (``DeviceModel.fields``).
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("registered by"),
    )
    #: When it came into its trial from another; empty: it was registered in it. Written by ``device_move``;
    #: of a move past it, in SQL, by a trigger of the database.
    joined_trial_at = models.DateTimeField(_("in this trial since"), null=True, blank=True, editable=False)
    #: Since when its DevEUI is free for others; what was sent before then is still its own. Written
    #: with ``state``; of a state written in SQL, by a trigger of the database.
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Where it was before: ``[[trial, since (null: registered there), until], …]``, the oldest first.
    earlier_trials = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True, editable=False
    )

    objects: ClassVar[DeviceQuerySet] = DeviceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["name", "dev_eui"]
        constraints = [
            models.UniqueConstraint(
                fields=["dev_eui"],
                condition=~models.Q(state="retired"),
                name="devices_device_eui_once",
                violation_error_message=_("This DevEUI is registered already."),
            )
        ]
        indexes = [models.Index(fields=["dev_eui"], name="devices_device_eui")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_seen_whole(self) -> bool:
        """Whether its reader sees all of its past (``DeviceQuerySet.seen_by``). Who forgets to say so shows
        less."""
        return bool(getattr(self, "past_is_seen", False))

    @property
    def sight(self) -> Sight | None:
        """What of its past its reader sees; None: all of it. Whoever reads what it sent keeps to it."""
        if self.is_seen_whole or self.joined_trial_at is None:
            return None
        return sight_of(self.trial_id, self.joined_trial_at, self.earlier_trials)

    def get_absolute_url(self) -> str:
        return reverse("telemetry:device-detail", args=[self.organization_id, self.pk])
