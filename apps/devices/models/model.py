"""What a device is: makers’ models and the codecs that read their payloads."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.enums import CodecState, DeviceClass, Direction, LorawanVersion
from apps.network.models import NetworkServer
from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User


class DeviceModelQuerySet(models.QuerySet["DeviceModel"]):
    def of_city(self) -> DeviceModelQuerySet:
        return self.filter(organization=None)

    def visible_to(self, actor: User | Any) -> DeviceModelQuerySet:
        """The city's, and those of the actor's organizations; staff see all."""
        if not actor.is_authenticated:
            return self.none()
        if actor.is_staff:
            return self
        mine = Organization.objects.filter(memberships__user=actor)
        return self.filter(models.Q(organization=None) | models.Q(organization__in=mine))

    def usable_by(self, organization: Organization | uuid.UUID | None) -> DeviceModelQuerySet:
        """What a device of ``organization`` can be: its own models first, then the city's."""
        rows = self.of_city() if organization is None else self._own_and_of_city(organization)
        return rows.order_by(models.F("organization").asc(nulls_last=True), "maker", "name")

    def _own_and_of_city(self, organization: Organization | uuid.UUID) -> DeviceModelQuerySet:
        return self.filter(models.Q(organization=None) | models.Q(organization=organization))


class DeviceModel(UUIDModel, TimeStampedModel):
    """A maker's model: the city's, for everybody, or one that a company described itself (``organization``).

    A company's own model stands on one of the city's (``base``): the servers know its devices by the
    profile of that one, and LoRaWAN version, region and class are always the same as there.

    ``fields`` describes the decoded values by name:
    ``{"level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2, "order": 0}}``, and where
    known ``low`` and ``high``, between which a value is plausible. ``Device.fields`` says otherwise.
    """

    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="device_models",
        verbose_name=_("organization"),
    )
    base = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="derived",
        verbose_name=_("stands on"),
    )
    maker = models.CharField(_("maker"), max_length=100)
    name = models.CharField(_("model"), max_length=100)
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    #: Seconds between uplinks as the maker ships it.
    uplink_interval = models.PositiveIntegerField(_("uplink interval (s)"), default=600)
    lorawan_version = models.CharField(
        _("LoRaWAN version"), max_length=6, choices=LorawanVersion.choices, default=LorawanVersion.V1_0_3
    )
    region = models.CharField(_("region"), max_length=20, default="AS923")
    device_class = models.CharField(
        _("class"), max_length=1, choices=DeviceClass.choices, default=DeviceClass.A
    )

    #: VendorID and VendorProfileID as the QR text of a label (TR005) names them: 8 upper-case digits each.
    profile_ids = ArrayField(
        models.CharField(max_length=8, validators=[RegexValidator(r"^[0-9A-F]{8}$")]),
        verbose_name=_("profile ids on the label"),
        default=list,
        blank=True,
        help_text=_("From the QR text: 8 digits of 0–9 and A–F, several with commas between."),
    )

    objects: ClassVar[DeviceModelQuerySet] = DeviceModelQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ["maker", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["maker", "name"],
                condition=models.Q(organization=None),
                name="devices_model_once",
                violation_error_message=_("There is a model of this maker and name already."),
            ),
            models.UniqueConstraint(
                fields=["organization", "maker", "name"],
                condition=models.Q(organization__isnull=False),
                name="devices_own_model_once",
                violation_error_message=_("There is a model of this maker and name already."),
            ),
            models.CheckConstraint(
                condition=models.Q(organization=None, base=None)
                | models.Q(organization__isnull=False, base__isnull=False),
                name="devices_own_model_has_base",
                violation_error_message=_("A company’s own model needs one of the city’s to stand on."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"

    def clean(self) -> None:
        if self.base is not None and self.base.organization_id is not None:
            raise ValidationError({"base": gettext("A model stands on one of the city’s.")})

    @property
    def profile_model_id(self) -> uuid.UUID:
        """The model whose profile (``ModelProfile``) the servers know its devices by."""
        return self.base_id or self.pk


class CodecQuerySet(models.QuerySet["CodecVersion"]):
    def standing(self) -> CodecQuerySet:
        """Those not taken back, newest first: the first of a model decodes."""
        return self.exclude(state=CodecState.WITHDRAWN).order_by("model", "-version")


class CodecVersion(UUIDModel, TimeStampedModel):
    """A version of a model's codec (LoRa Alliance TS013 JavaScript). Its text never changes.

    The highest version that is not withdrawn decodes.
    """

    model = models.ForeignKey(DeviceModel, models.CASCADE, related_name="codecs", verbose_name=_("model"))
    version = models.PositiveIntegerField(_("version"))
    script = models.TextField(_("JavaScript"), max_length=40960)
    state = models.CharField(_("state"), max_length=12, choices=CodecState.choices, default=CodecState.ACTIVE)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    #: Why it was stopped: what the last call did.
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    note = models.CharField(_("what is new"), max_length=200, blank=True)

    objects: ClassVar[CodecQuerySet] = CodecQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("codec")
        verbose_name_plural = _("codecs")
        ordering = ["model", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["model", "version"], name="devices_codec_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.version}"


class CodecExample(UUIDModel, TimeStampedModel):
    """A payload and what it must decode to; a new version of the codec has to agree with all of them."""

    model = models.ForeignKey(DeviceModel, models.CASCADE, related_name="examples", verbose_name=_("model"))
    name = models.CharField(_("name"), max_length=100)
    direction = models.CharField(
        _("direction"), max_length=4, choices=Direction.choices, default=Direction.UP
    )
    f_port = models.PositiveSmallIntegerField(_("port"), default=1)
    #: Hexadecimal.
    payload = models.CharField(_("payload"), max_length=500, blank=True)
    #: ``{"data", "warnings"}`` of ``decodeUplink``, or ``{"fails": true}``: the codec must refuse it. When it
    #: goes down: ``{"data"}``, the input of ``encodeDownlink``, of which ``payload`` and ``f_port`` are made.
    expected = models.JSONField(_("expected"), default=dict)

    class Meta:
        verbose_name = _("example of a codec")
        verbose_name_plural = _("examples of codecs")
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["model", "name"], name="devices_example_once")]

    def __str__(self) -> str:
        return self.name


class ModelProfile(UUIDModel, TimeStampedModel):
    """The device profile that a model has on a network server."""

    model = models.ForeignKey(DeviceModel, models.CASCADE, related_name="profiles", verbose_name=_("model"))
    server = models.ForeignKey(
        NetworkServer, models.CASCADE, related_name="+", verbose_name=_("network server")
    )
    profile_id = models.CharField(_("profile on the server"), max_length=64)

    class Meta:
        verbose_name = _("profile of a model")
        verbose_name_plural = _("profiles of models")
        constraints = [models.UniqueConstraint(fields=["model", "server"], name="devices_profile_once")]

    def __str__(self) -> str:
        return self.profile_id
