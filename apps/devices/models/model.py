"""What a device is: makers’ models and the codecs that read their payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel

if TYPE_CHECKING:
    pass


class DeviceModel(UUIDModel, TimeStampedModel):
    """A maker's model.

    ``fields`` describes the decoded values by name:
    ``{"level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2, "order": 0}}``.
    """

    maker = models.CharField(_("maker"), max_length=100)
    name = models.CharField(_("model"), max_length=100)
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    #: Seconds between uplinks as the maker ships it.
    uplink_interval = models.PositiveIntegerField(_("uplink interval (s)"), default=600)

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ["maker", "name"]
        constraints = [models.UniqueConstraint(fields=["maker", "name"], name="devices_model_once")]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"


class CodecVersion(UUIDModel, TimeStampedModel):
    """A version of a model's codec (LoRa Alliance TS013 JavaScript). The highest version decodes."""

    model = models.ForeignKey(DeviceModel, models.CASCADE, related_name="codecs")
    version = models.PositiveIntegerField(_("version"))
    script = models.TextField(_("JavaScript"), max_length=40960)

    class Meta:
        verbose_name = _("codec")
        verbose_name_plural = _("codecs")
        ordering = ["model", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["model", "version"], name="devices_codec_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.version}"
