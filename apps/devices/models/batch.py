"""A file of devices between looking it through and registering them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.organizations.models import Organization
from apps.trials.models import Trial


class DeviceBatchQuerySet(models.QuerySet["DeviceBatch"]):
    def alive(self, at: datetime) -> DeviceBatchQuerySet:
        return self.filter(expires_at__gt=at)


class DeviceBatch(UUIDModel, TimeStampedModel):
    """The rows of one file as typed, root keys among them: encrypted, short-lived, seen by who sent it."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    trial = models.ForeignKey(Trial, models.CASCADE, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    #: Encrypted JSON: ``[{"line": 2, "values": {"name": …}}]``.
    sealed = models.BinaryField(editable=False)
    expires_at = models.DateTimeField(_("valid until"))

    objects: ClassVar[DeviceBatchQuerySet] = DeviceBatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("file of devices")
        verbose_name_plural = _("files of devices")
        indexes = [models.Index(fields=["expires_at"], name="devices_batch_expires")]

    def __str__(self) -> str:
        return str(self.pk)
