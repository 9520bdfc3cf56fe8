from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ServerKind(models.TextChoices):
    """A kind of LoRaWAN network server: a folder of fixed shape in ``network.integrations``."""

    CHIRPSTACK = "chirpstack", "ChirpStack v4"
    TTS = "tts", "The Things Stack"
    #: Only played, by the demo's simulator.
    SAMPLE = "sample", pgettext_lazy("server", "sample")


class ServerState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("server", "in use")
    PAUSED = "paused", pgettext_lazy("server", "paused")


class GatewayState(models.TextChoices):
    """What staff set. Whether it is heard follows from ``last_seen_at``."""

    IN_USE = "in_use", pgettext_lazy("gateway", "in use")
    REMOVED = "removed", pgettext_lazy("gateway", "taken down")


class Shown(models.TextChoices):
    """How exactly the public may see where something was heard."""

    SQUARE = "square", _("250 m square")
    DISTRICT = "district", _("1 km square")
    STAFF = "staff", _("staff only")
