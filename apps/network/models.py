"""The city's radio network: servers, their doors for events, gateways, what was heard where."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.network.enums import GatewayState, ServerKind, ServerState, Shown


class NetworkServerQuerySet(models.QuerySet["NetworkServer"]):
    def active(self) -> NetworkServerQuerySet:
        """Those that the portal calls. A Things Stack without a token only posts to it."""
        only_posts = models.Q(kind=ServerKind.TTS, token_encrypted=None)
        return self.filter(state=ServerState.ACTIVE).exclude(only_posts)


class NetworkServer(UUIDModel, TimeStampedModel):
    """A LoRaWAN network server that the portal talks to. Its token is encrypted and only written."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ServerKind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=ServerState.choices, default=ServerState.ACTIVE
    )
    #: ``host:port`` of the gRPC API (ChirpStack) or of the HTTP API (The Things Stack).
    address = models.CharField(_("address"), max_length=200)
    use_tls = models.BooleanField(_("TLS"), default=True)
    #: PEM; empty: the certificates of the machine.
    ca_certificate = models.TextField(_("CA certificate"), blank=True)
    token_encrypted = models.BinaryField(editable=False, null=True)
    tenant = models.CharField(
        _("tenant"), max_length=64, blank=True, help_text=_("Its id on the server, where devices are made.")
    )
    region = models.CharField(_("region"), max_length=20, default="AS923")
    deadline_s = models.PositiveSmallIntegerField(_("give up a call after (s)"), default=5)
    checked_at = models.DateTimeField(_("last call"), null=True, blank=True, editable=False)
    reached_at = models.DateTimeField(_("last answer"), null=True, blank=True, editable=False)
    fault = models.CharField(_("last fault"), max_length=300, blank=True, editable=False)

    objects: ClassVar[NetworkServerQuerySet] = NetworkServerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("network server")
        verbose_name_plural = _("network servers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class IngestSource(UUIDModel, TimeStampedModel):
    """A door for events over HTTP: a server's integration posts to it with a secret of its own."""

    server = models.ForeignKey(
        NetworkServer, models.CASCADE, related_name="sources", verbose_name=_("network server")
    )
    name = models.CharField(_("name"), max_length=80)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    is_active = models.BooleanField(_("open"), default=True)
    heard_at = models.DateTimeField(_("last event"), null=True, blank=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("door for events")
        verbose_name_plural = _("doors for events")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Gateway(UUIDModel, TimeStampedModel):
    """An antenna of the city. ``last_seen_at`` is by its own report or by an uplink it carried."""

    gateway_id = models.CharField(
        _("gateway ID"), max_length=16, unique=True, validators=[RegexValidator(r"^[0-9a-f]{16}$")]
    )
    server = models.ForeignKey(
        NetworkServer,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="gateways",
        verbose_name=_("network server"),
    )
    name = models.CharField(_("name"), max_length=120)
    place_name = models.CharField(_("place"), max_length=200, blank=True)
    place = models.PointField(_("place on the map"), geography=True, null=True, blank=True)
    height_m = models.FloatField(_("height of the antenna (m)"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=GatewayState.choices, default=GatewayState.IN_USE
    )
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    #: Else the public sees the middle of its 1 km square, and no name.
    is_public = models.BooleanField(
        _("show name and place to everyone"),
        default=False,
        help_text=_("Otherwise the public map shows it without a name, to about 1 km."),
    )

    class Meta:
        verbose_name = _("gateway")
        verbose_name_plural = _("gateways")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GatewayDay(models.Model):
    """What a gateway carried on one day (Asia/Tokyo).

    By the gateway's own ID, so that one that nobody entered yet has its days too. ``hours`` has bit n
    set when it was heard in that hour: it carried an uplink, or had reported to its server.
    """

    gateway_id = models.CharField(_("gateway ID"), max_length=16)
    day = models.DateField(_("day"))
    uplinks = models.PositiveIntegerField(_("uplinks"), default=0)
    hours = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(_("last heard"))

    class Meta:
        verbose_name = _("day of a gateway")
        verbose_name_plural = _("days of gateways")
        constraints = [
            models.UniqueConstraint(fields=["gateway_id", "day"], name="network_gatewayday_once_by_id")
        ]
        indexes = [models.Index(fields=["day"], name="network_gatewayday_day")]

    def __str__(self) -> str:
        return f"{self.gateway_id} {self.day}"


class CoverageCell(models.Model):
    """What was heard from a 250 m square (JIS X 0410, quarter mesh, 10 digits). It names no device.

    A square has a row for each ``shown``: how exactly the places of the trials may be shown from which
    it was heard (see ``rules``).
    """

    mesh = models.CharField(_("grid square"), max_length=10)
    shown = models.CharField(_("shown as"), max_length=10, choices=Shown.choices)
    observations = models.PositiveBigIntegerField(_("uplinks heard"), default=0)
    best_rssi = models.SmallIntegerField(_("best RSSI (dBm)"), null=True)
    best_snr = models.FloatField(_("best SNR (dB)"), null=True)
    gateways = models.PositiveSmallIntegerField(_("gateways at once"), default=0)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("coverage of a square")
        verbose_name_plural = _("coverage of squares")
        ordering = ["mesh"]
        constraints = [models.UniqueConstraint(fields=["mesh", "shown"], name="network_cell_once")]

    def __str__(self) -> str:
        return self.mesh


class HeardBatch(models.Model):
    """What a batch of the ingest heard, until a beat job adds it to the statistics and deletes it.

    JSON as text: the ingest only appends it. ``gateways``: ``[[ID, hour, uplinks, last], …]``, the hour
    counted from 1970 (UTC); ``cells``: ``[[mesh, shown, RSSI, SNR, gateways, time], …]``, one for each
    uplink. Times in seconds since 1970.
    """

    gateways = models.TextField()
    cells = models.TextField()

    class Meta:
        verbose_name = _("part of the statistics")
        verbose_name_plural = _("parts of the statistics")

    def __str__(self) -> str:
        return str(self.pk)
