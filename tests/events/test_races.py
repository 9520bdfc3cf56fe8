"""Many at once: never more people than seats, nobody moved up twice, nobody passed over."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.events import domain, rules
from apps.events.enums import RegistrationState
from apps.events.models import Event, Registration
from apps.outbox.models import Message
from tests.concurrency import at_once
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("staff@example.jp", is_staff=True)


def asks(event: Event, email: str) -> Callable[[], Any]:
    values = {"name": "人", "email": email}
    return lambda: domain.registration_request(event=event, values=values, language="ja")


def cancels(registration: Registration) -> Callable[[], Any]:
    return lambda: domain.registration_cancel(registration=registration, own=True)


def count(state: RegistrationState) -> int:
    return Registration.objects.filter(state=state).count()


def test_races_for_the_last_seats() -> None:
    event = EventFactory.create(capacity=3)
    answers = at_once([asks(event, f"p{n}@example.jp") for n in range(12)])
    assert answers == [None] * 12
    assert (count(RegistrationState.REGISTERED), count(RegistrationState.WAITING)) == (3, 9)
    lines = list(Registration.objects.order_by("line").values_list("line", "state"))
    assert [line for line, _state in lines] == list(range(1, 13))
    assert {state for _line, state in lines[:3]} == {"registered"}


def test_races_of_one_person_pressing_many_times() -> None:
    event = EventFactory.create()
    answers = at_once([asks(event, "Haru@example.jp") for _n in range(8)])
    assert answers == [None] * 8
    assert Registration.objects.count() == 1
    assert Message.objects.filter(template="events-registered").count() == 1


def test_races_of_cancelling_the_same_seat() -> None:
    event = EventFactory.create(capacity=1)
    seat = RegistrationFactory.create(event=event)
    people = [WaitingFactory.create(event=event) for _n in range(3)]
    answers = at_once([cancels(seat) for _n in range(6)])
    assert sorted(map(len, answers)) == [0, 0, 0, 0, 0, 1]
    assert list(event.registrations.registered()) == people[:1]
    assert Message.objects.filter(template="events-moved-up").count() == 1


def test_races_of_everything_at_once(staff: User) -> None:
    """Cancelling, registering, more seats and the order changing, shuffled: the books balance."""
    event = EventFactory.create(capacity=4)
    seats = [RegistrationFactory.create(event=event) for _n in range(4)]
    waiting = [WaitingFactory.create(event=event) for _n in range(8)]
    acts = [
        *(cancels(seat) for seat in seats[:3]),
        *(cancels(row) for row in waiting[1:3]),
        *(asks(event, f"new{n}@example.jp") for n in range(5)),
        lambda: domain.seats_change(event=event, capacity=6, actor=staff),
    ]
    random.Random(7).shuffle(acts)
    errors = [answer for answer in at_once(acts) if isinstance(answer, Exception)]
    assert not errors
    assert count(RegistrationState.REGISTERED) == 6
    # Nobody was passed over: every seat given is before everyone who waits.
    last = max(event.registrations.registered().values_list("line", flat=True))
    assert last < min(event.registrations.waiting().values_list("line", flat=True))
    moved = Message.objects.filter(template="events-moved-up").values_list("to_email", flat=True)
    assert len(moved) == len(set(moved))
    now_seated = event.registrations.registered().exclude(pk__in=[row.pk for row in seats])
    assert set(now_seated.values_list("email", flat=True)) <= set(moved)


def test_races_of_reminders_in_two_workers() -> None:
    seats = RegistrationFactory.create_batch(4, event=EventFactory.create())
    morning = rules.reminder_from(seats[0].event.starts_at)
    answers = at_once([lambda: domain.remind(now=morning) for _n in range(3)])
    assert sum(answers) == 4
    assert Message.objects.filter(template="events-reminder").count() == 4


def test_races_of_a_reminder_and_a_cancellation() -> None:
    seat = RegistrationFactory.create()
    morning = rules.reminder_from(seat.event.starts_at)
    at_once([lambda: domain.remind(now=morning), cancels(seat)])
    mails = list(Message.objects.order_by("created_at").values_list("template", flat=True))
    # The reminder was queued before the cancellation, or not at all.
    assert mails in (["events-cancelled"], ["events-reminder", "events-cancelled"])
