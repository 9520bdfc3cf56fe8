"""Where positions are not kept."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.trials.models import Trial


class MaskZone(UUIDModel, TimeStampedModel):
    """A circle in which no position of a trial with personal data is stored, raw payload included."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="mask_zones", verbose_name=_("trial"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    centre = models.PointField(_("centre"), geography=True)
    radius_m = models.PositiveIntegerField(
        _("radius (m)"), default=50, validators=[MinValueValidator(10), MaxValueValidator(5000)]
    )

    class Meta:
        verbose_name = _("mask zone")
        verbose_name_plural = _("mask zones")

    def __str__(self) -> str:
        return self.name or str(self.pk)
