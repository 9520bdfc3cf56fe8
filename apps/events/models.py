"""Gatherings to which people come, and who registered for them without an account."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.models import TimeStampedModel, TwoLanguages, UUIDModel
from apps.events.enums import LIVE_STATES, EventKind, EventPhase, EventState, Manner, RegistrationState


class EventQuerySet(models.QuerySet["Event"]):
    def public(self) -> EventQuerySet:
        """What everyone may see; one that was called off still says so."""
        return self.filter(state__in=[EventState.PUBLISHED, EventState.CANCELLED])

    def upcoming(self, at: datetime | None = None) -> EventQuerySet:
        """Those that are not over at ``at``, the next one first."""
        return self.filter(ends_at__gt=at or clock.now()).order_by("starts_at", "id")

    def past(self, at: datetime | None = None) -> EventQuerySet:
        """Those that are over at ``at``, the last one first."""
        return self.filter(ends_at__lte=at or clock.now()).order_by("-starts_at", "id")


class Event(TwoLanguages, UUIDModel, TimeStampedModel):
    """A gathering at a place, online, or both. ``capacity`` counts seats at the place if there is one."""

    kind = models.CharField(_("kind"), max_length=10, choices=EventKind.choices, default=EventKind.BRIEFING)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title (English)"), max_length=160, blank=True)
    summary = models.TextField(_("summary"), max_length=2000, blank=True)
    summary_en = models.TextField(_("summary (English)"), max_length=3000, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place_name = models.CharField(
        _("place"), max_length=120, blank=True, help_text=_("Empty: there is no place, only online.")
    )
    place_name_en = models.CharField(_("place (English)"), max_length=160, blank=True)
    address = models.CharField(_("address of the place"), max_length=200, blank=True)
    is_online = models.BooleanField(_("can be attended online"), default=False)
    online_url = models.URLField(
        _("address of the online meeting"),
        max_length=500,
        blank=True,
        help_text=_("Only those with a seat get it: in their mail and on their own page."),
    )
    capacity = models.PositiveIntegerField(
        _("seats"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: no limit. With a place, only those who come to it are counted."),
    )
    registration_closes_at = models.DateTimeField(_("registration until"))
    contact = models.CharField(
        _("contact on the day"), max_length=120, blank=True, help_text=_("Empty: the contact of the site.")
    )
    state = models.CharField(_("state"), max_length=10, choices=EventState.choices, default=EventState.DRAFT)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="events_event_ends_after_beginning",
                violation_error_message=_("It must end after it begins."),
            ),
            models.CheckConstraint(
                condition=models.Q(registration_closes_at__lte=models.F("ends_at")),
                name="events_event_registration_before_end",
                violation_error_message=_("Registration must end before the event does."),
            ),
            models.CheckConstraint(
                condition=~models.Q(place_name="", is_online=False),
                name="events_event_somewhere",
                violation_error_message=_("Write a place, or tick that it can be attended online."),
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="events_event_starts")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("events:event-detail", args=[self.pk])

    @property
    def manners(self) -> tuple[Manner, ...]:
        """How one can take part: at the place, online, or both."""
        on_site = (Manner.ON_SITE,) if self.place_name else ()
        return (*on_site, Manner.ONLINE) if self.is_online else on_site

    def counts(self, manner: str) -> bool:
        """Whether someone who comes by ``manner`` takes one of the seats."""
        return self.capacity is not None and (not self.place_name or manner == Manner.ON_SITE)

    def phase(self, at: datetime | None = None) -> EventPhase:
        at = at or clock.now()
        if self.state == EventState.CANCELLED:
            return EventPhase.CANCELLED
        if at >= self.ends_at:
            return EventPhase.PAST
        return EventPhase.NOW if at >= self.starts_at else EventPhase.UPCOMING

    def takes_registrations(self, at: datetime | None = None) -> bool:
        return self.state == EventState.PUBLISHED and (at or clock.now()) < self.registration_closes_at


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def live(self) -> RegistrationQuerySet:
        """Those that hold a seat or wait for one."""
        return self.filter(state__in=LIVE_STATES)

    def registered(self) -> RegistrationQuerySet:
        return self.filter(state=RegistrationState.REGISTERED)

    def waiting(self) -> RegistrationQuerySet:
        """The waiting list, first comes first."""
        return self.filter(state=RegistrationState.WAITING).order_by("line", "created_at")


class Registration(UUIDModel, TimeStampedModel):
    """One person's seat, or place in the waiting list (``line``: the lowest goes first)."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="registrations", verbose_name=_("event"))
    name = models.CharField(_("name of the person"), max_length=80)
    organization_name = models.CharField(_("company or organization"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    manner = models.CharField(
        _("way of taking part"), max_length=10, choices=Manner.choices, default=Manner.ON_SITE
    )
    note = models.CharField(_("note to the organizers"), max_length=500, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="ja")
    state = models.CharField(_("state"), max_length=12, choices=RegistrationState.choices)
    line = models.IntegerField(_("order"))
    seated_at = models.DateTimeField(_("got a seat"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    attended_at = models.DateTimeField(_("attended"), null=True, blank=True)

    objects: ClassVar[RegistrationQuerySet] = RegistrationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["line", "created_at"]
        constraints = [
            models.UniqueConstraint(
                "event",
                Lower("email"),
                condition=models.Q(state__in=["registered", "waiting"]) & ~models.Q(email=""),
                name="events_registration_once",
                violation_error_message=_("This address is registered already."),
            ),
        ]
        indexes = [models.Index(fields=["event", "state", "line"], name="events_registration_line")]

    def __str__(self) -> str:
        return self.name


class RegistrationLink(UUIDModel):
    """A link to the own page of a registration. Each mail has one of its own; only its hash is kept."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("link to a registration")
        verbose_name_plural = _("links to registrations")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return str(self.pk)
