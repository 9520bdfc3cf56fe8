from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class EventKind(models.TextChoices):
    BRIEFING = "briefing", pgettext_lazy("gathering", "briefing")
    RESULTS = "results", pgettext_lazy("gathering", "results meeting")
    OTHER = "other", pgettext_lazy("gathering", "gathering")


class EventState(models.TextChoices):
    """What staff set. Whether it is over follows from the clock (``EventPhase``)."""

    DRAFT = "draft", pgettext_lazy("gathering", "draft")
    PUBLISHED = "published", pgettext_lazy("gathering", "published")
    CANCELLED = "cancelled", pgettext_lazy("gathering", "called off")


class EventPhase(models.TextChoices):
    """What the public sees; computed, never stored."""

    UPCOMING = "upcoming", pgettext_lazy("gathering", "upcoming")
    NOW = "now", pgettext_lazy("gathering", "taking place now")
    PAST = "past", pgettext_lazy("gathering", "over")
    CANCELLED = "cancelled", pgettext_lazy("gathering", "called off")


class Seats(models.TextChoices):
    """How much room is left, in steps: an exact number would tell who is registered already."""

    OPEN = "open", pgettext_lazy("seats", "Seats are free")
    FEW = "few", pgettext_lazy("seats", "Few seats are left")
    FULL = "full", pgettext_lazy("seats", "Full: you can join the waiting list")
    CLOSED = "closed", pgettext_lazy("seats", "Registration has ended")


class Manner(models.TextChoices):
    """How someone takes part."""

    ON_SITE = "on_site", pgettext_lazy("attendance", "at the place")
    ONLINE = "online", pgettext_lazy("attendance", "online")


class RegistrationState(models.TextChoices):
    REGISTERED = "registered", pgettext_lazy("registration", "registered")
    WAITING = "waiting", pgettext_lazy("registration", "waiting list")
    CANCELLED = "cancelled", pgettext_lazy("registration", "cancelled")


#: A registration that holds a seat or waits for one.
LIVE_STATES = (RegistrationState.REGISTERED, RegistrationState.WAITING)
