from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    READ_DATA = "read:data", _("read data")
    READ_DEVICES = "read:devices", _("read devices")
    WRITE_DEVICES = "write:devices", _("register and change devices")
    DOWNLINK = "downlink", _("send to devices")
