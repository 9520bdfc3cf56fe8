"""Decoding stored uplinks again with a newer codec."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import TimeStampedModel, UUIDModel
from apps.devices.models import CodecVersion
from apps.telemetry.enums import RedecodeState


class Redecode(UUIDModel, TimeStampedModel):
    """The uplinks of a codec's model since ``since`` are decoded with ``codec``; goes on where it stopped.

    ``only_held``: only those that were kept undecoded while a codec was stopped. ``failed``: those that
    ``codec`` cannot read; what was decoded before stays as it was then.
    """

    codec = models.ForeignKey(CodecVersion, models.CASCADE, related_name="redecodes", verbose_name=_("codec"))
    since = models.DateTimeField(_("since"))
    only_held = models.BooleanField(_("only what was held back"), default=False)
    state = models.CharField(
        _("state"), max_length=8, choices=RedecodeState.choices, default=RedecodeState.WAITING
    )
    total = models.PositiveBigIntegerField(_("to look at"), default=0)
    seen = models.PositiveBigIntegerField(_("looked at"), default=0)
    changed = models.PositiveBigIntegerField(_("read anew"), default=0)
    failed = models.PositiveBigIntegerField(_("not read"), default=0)
    #: Everything up to here (device, time) was looked at.
    cursor_device = models.UUIDField(null=True, blank=True)
    cursor_time = models.DateTimeField(null=True, blank=True)
    #: None: it followed by itself from what happened to the codec.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )

    class Meta:
        verbose_name = _("decoding again")
        verbose_name_plural = _("decoding again")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.codec_id} {self.state}"

    @property
    def going(self) -> bool:
        """Whether there is more to do."""
        return self.state in (RedecodeState.WAITING, RedecodeState.RUNNING)

    @property
    def whole(self) -> int:
        """About how many there are: counted when it began, and devices have sent since."""
        return max(self.total, self.seen)
