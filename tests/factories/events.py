from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import factory

from apps.core import clock
from apps.core.tokens import new_token
from apps.events.enums import EventState, Manner, RegistrationState
from apps.events.models import Event, Registration, RegistrationLink


def days_from_now(days: int, hour: int = 14) -> datetime:
    """``hour`` o'clock in Japan, so many days from today."""
    return datetime.combine(clock.local_date() + timedelta(days=days), time(hour), clock.TOKYO)


class EventFactory(factory.django.DjangoModelFactory):
    """A published briefing in ten days at 14:00 in Japan, at a place, with 20 seats."""

    class Meta:
        model = Event

    title = "公募の説明会"
    title_en = "Briefing about the call"
    summary = "応募の流れを説明し、質問に答えます。"
    starts_at: Any = factory.LazyFunction(lambda: days_from_now(10, hour=14))
    ends_at: Any = factory.LazyAttribute(lambda event: event.starts_at + timedelta(minutes=90))
    registration_closes_at: Any = factory.LazyAttribute(lambda event: event.starts_at - timedelta(hours=1))
    place_name = "見本市役所 8階 会議室"
    place_name_en = "Sample City Hall, room 8"
    address = "見本市中央1-1"
    capacity: Any = 20
    state = EventState.PUBLISHED
    published_at: Any = factory.LazyFunction(clock.now)


class RegistrationFactory(factory.django.DjangoModelFactory):
    """Someone with a seat since yesterday."""

    class Meta:
        model = Registration

    event = factory.SubFactory(EventFactory)
    name = factory.Sequence(lambda n: f"来場{n}")
    email = factory.Sequence(lambda n: f"guest{n}@example.jp")
    manner = Manner.ON_SITE
    state = RegistrationState.REGISTERED
    line = factory.Sequence(lambda n: n + 1)
    seated_at: Any = factory.LazyFunction(lambda: clock.now() - timedelta(days=1))


class WaitingFactory(RegistrationFactory):
    state = RegistrationState.WAITING
    seated_at = None


def link_of(registration: Registration) -> str:
    """A new token that opens the registration's own page."""
    token, hashed = new_token()
    RegistrationLink.objects.create(registration=registration, token_hash=hashed)
    return token
