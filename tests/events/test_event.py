"""Making, changing, publishing and calling off events; reminders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from apps.core.errors import Conflict
from apps.events import domain, rules, tasks
from apps.events.enums import EventPhase, EventState, RegistrationState
from apps.events.models import Event
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory

pytestmark = pytest.mark.django_db


def mails(kind: str) -> list[str]:
    return list(
        Message.objects.filter(template=f"events-{kind}")
        .order_by("to_email")
        .values_list("to_email", flat=True)
    )


def draft(**changes: Any) -> Event:
    return EventFactory.build(state=EventState.DRAFT, published_at=None, **changes)


def test_an_event_begins_as_a_draft_and_is_published(cast: Cast) -> None:
    event = domain.event_create(event=draft(title=" 説明会\u202e "), actor=cast.staff)
    assert (event.title, event.state) == ("説明会", EventState.DRAFT)
    event = domain.event_publish(event=event, actor=cast.staff)
    assert event.published_at is not None
    with pytest.raises(Conflict):
        domain.event_publish(event=event, actor=cast.staff)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at": None}, "ends_at"),
        ({"place_name": ""}, "__all__"),
        ({"capacity": 0}, "capacity"),
    ],
)
def test_an_impossible_event_is_refused(cast: Cast, changes: dict[str, Any], words: str) -> None:
    event = draft()
    for name, value in changes.items():
        setattr(event, name, value)
    with pytest.raises(ValidationError) as refusal:
        domain.event_create(event=event, actor=cast.staff)
    assert words in refusal.value.message_dict


def test_dates_must_be_in_order(cast: Cast) -> None:
    event = draft()
    event.ends_at = event.starts_at
    with pytest.raises(ValidationError):
        domain.event_create(event=event, actor=cast.staff)
    late = draft()
    late.registration_closes_at = late.ends_at + timedelta(seconds=1)
    with pytest.raises(ValidationError):
        domain.event_create(event=late, actor=cast.staff)


def test_a_changed_form_takes_nobodys_way_of_coming(cast: Cast) -> None:
    event = EventFactory.create(is_online=True)
    RegistrationFactory.create(event=event, manner="online")
    event.is_online = False
    with pytest.raises(ValidationError) as refusal:
        domain.event_update(event=event, actor=cast.staff)
    assert list(refusal.value.message_dict) == ["is_online"]


def test_phases_follow_the_clock() -> None:
    event = EventFactory.create()
    second = timedelta(seconds=1)
    assert event.phase(event.starts_at - second) == EventPhase.UPCOMING
    assert event.phase(event.starts_at) == EventPhase.NOW
    assert event.phase(event.ends_at) == EventPhase.PAST
    event.state = EventState.CANCELLED
    assert event.phase(event.ends_at) == EventPhase.CANCELLED


def test_calling_off_tells_everyone_once(cast: Cast) -> None:
    event = EventFactory.create(capacity=1)
    seat = RegistrationFactory.create(event=event)
    waiting = WaitingFactory.create(event=event)
    RegistrationFactory.create(event=event, state=RegistrationState.CANCELLED)
    RegistrationFactory.create(event=event, email="", phone="076")
    with pytest.raises(Conflict):
        domain.event_call_off(event=event, actor=cast.staff, expected=3)
    assert not mails("called-off")
    assert domain.event_call_off(event=event, actor=cast.staff, expected=2) == 2
    assert mails("called-off") == sorted([seat.email, waiting.email])
    with pytest.raises(Conflict):
        domain.event_call_off(event=event, actor=cast.staff)


def test_a_change_is_told_once_and_the_next_again(cast: Cast) -> None:
    seat = RegistrationFactory.create()
    assert domain.event_tell(event=seat.event, actor=cast.staff) == 1
    assert domain.event_tell(event=seat.event, actor=cast.staff) == 0
    event = Event.objects.get()
    event.starts_at += timedelta(minutes=30)
    changed, moved = domain.event_update(event=event, actor=cast.staff)
    assert (changed, moved) == (["starts_at"], [])
    assert domain.event_tell(event=event, actor=cast.staff, expected=1) == 1


def test_reminders_leave_once_on_the_day_before(cast: Cast) -> None:
    seat = RegistrationFactory.create()
    event = seat.event
    WaitingFactory.create(event=event)
    RegistrationFactory.create(event=event, state=RegistrationState.CANCELLED)
    morning = rules.reminder_from(event.starts_at)
    RegistrationFactory.create(event=event, seated_at=morning)  # told just now
    RegistrationFactory.create(event=event, email="")
    assert domain.remind(now=morning - timedelta(seconds=1)) == 0
    assert domain.remind(now=morning) == 1
    assert domain.remind(now=event.starts_at - timedelta(seconds=1)) == 0
    assert mails("reminder") == [seat.email]


def test_reminders_after_the_start_are_no_use() -> None:
    seat = RegistrationFactory.create()
    assert domain.remind(now=seat.event.starts_at) == 0


def test_reminders_of_a_moved_event_name_the_new_date(cast: Cast) -> None:
    event = RegistrationFactory.create().event
    domain.remind(now=rules.reminder_from(event.starts_at))
    event.starts_at += timedelta(days=7)
    event.ends_at += timedelta(days=7)
    domain.event_update(event=event, actor=cast.staff)
    assert domain.remind(now=rules.reminder_from(event.starts_at)) == 1


def test_reminders_of_events_called_off_do_not_leave(cast: Cast) -> None:
    event = RegistrationFactory.create().event
    domain.event_call_off(event=event, actor=cast.staff)
    assert domain.remind(now=rules.reminder_from(event.starts_at)) == 0


def test_reminders_by_command_and_task(capsys: Any) -> None:
    call_command("events_remind")
    assert "0" in capsys.readouterr().out
    tasks.remind()


def test_a_change_tells_the_online_address_to_those_with_a_seat_only(cast: Cast) -> None:
    event = EventFactory.create(is_online=True, online_url="https://meet.example.jp/new", capacity=1)
    seat, waiting = RegistrationFactory.create(event=event), WaitingFactory.create(event=event)
    domain.event_tell(event=event, actor=cast.staff)
    bodies = dict(Message.objects.values_list("to_email", "body"))
    assert "https://meet.example.jp/new" in bodies[seat.email]
    assert "https://meet.example.jp/new" not in bodies[waiting.email]
