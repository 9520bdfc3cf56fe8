"""Registering, the waiting list, cancelling, and what the mails say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.tokens import token_hash
from apps.events import domain, selectors
from apps.events.enums import EventState, Manner, RegistrationState
from apps.events.models import Event, Registration, RegistrationLink
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory

pytestmark = pytest.mark.django_db


def ask(event: Event, email: str = "haru@example.jp", **more: Any) -> None:
    values = {"name": "山田 はる", "email": email, **more}
    domain.registration_request(event=event, values=values, language=more.pop("language", "ja"))


def mails(kind: str = "") -> list[Message]:
    return list(Message.objects.filter(template__startswith=f"events-{kind}").order_by("created_at"))


def test_the_first_gets_a_seat_and_the_link(cast: Cast) -> None:
    event = EventFactory.create()
    ask(event, note="車いすで行きます")
    registration = Registration.objects.get()
    assert registration.state == RegistrationState.REGISTERED
    (mail,) = mails()
    assert (mail.template, mail.to_email) == ("events-registered", "haru@example.jp")
    assert "見本市役所" in mail.body
    token = re.search(r"/events/registration/([\w-]+)/", mail.body)
    assert token
    assert RegistrationLink.objects.get().token_hash == token_hash(token.group(1))
    assert selectors.registration_of(token.group(1)) == registration


def test_the_record_names_nobody() -> None:
    ask(EventFactory.create())
    entry = AuditEntry.objects.get(action="event.register")
    assert "はる" not in f"{entry.object_label} {entry.data}"


def test_a_full_event_has_a_waiting_list_in_order() -> None:
    event = EventFactory.create(capacity=1)
    for name in ("a", "b", "c"):
        ask(event, f"{name}@example.jp")
    states = list(Registration.objects.order_by("line").values_list("email", "state"))
    assert states == [
        ("a@example.jp", "registered"),
        ("b@example.jp", "waiting"),
        ("c@example.jp", "waiting"),
    ]
    assert [mail.template for mail in mails()] == ["events-registered", "events-waiting", "events-waiting"]
    assert "2番目" in mails()[2].body


def test_registering_again_changes_nothing_and_mails_the_address() -> None:
    event = EventFactory.create()
    ask(event)
    ask(event, " HARU@example.jp", name="だれか")
    assert Registration.objects.get().name == "山田 はる"
    assert [mail.template for mail in mails()] == ["events-registered", "events-again"]
    assert RegistrationLink.objects.count() == 2  # the first link still works


def test_registering_again_does_not_flood_the_address() -> None:
    event = EventFactory.create()
    for _turn in range(9):
        ask(event)
    assert len(mails("again")) == 5


def test_after_cancelling_one_may_register_anew_at_the_end() -> None:
    event = EventFactory.create(capacity=1)
    ask(event, "a@example.jp")
    ask(event, "b@example.jp")
    domain.registration_cancel(registration=Registration.objects.get(email="a@example.jp"), own=True)
    ask(event, "a@example.jp")
    live = list(event.registrations.live().order_by("line").values_list("email", "state"))
    assert live == [("b@example.jp", "registered"), ("a@example.jp", "waiting")]


def test_registration_ends_at_the_exact_second() -> None:
    event = EventFactory.create()
    closes = event.registration_closes_at
    values = {"name": "山田", "email": "a@example.jp"}
    last = closes - timedelta(microseconds=1)
    domain.registration_request(event=event, values=values, language="ja", now=last)
    with pytest.raises(Conflict):
        domain.registration_request(event=event, values=values, language="ja", now=closes)


@pytest.mark.parametrize("state", [EventState.DRAFT, EventState.CANCELLED])
def test_only_published_events_take_registrations(state: EventState) -> None:
    with pytest.raises(Conflict):
        ask(EventFactory.create(state=state))


def test_online_people_take_no_seat_of_the_place() -> None:
    event = EventFactory.create(capacity=1, is_online=True, online_url="https://meet.example.jp/abc")
    ask(event, "a@example.jp", manner="online")
    ask(event, "b@example.jp", manner="on_site")
    ask(event, "c@example.jp", manner="on_site")
    ask(event, "d@example.jp", manner="online")
    states = dict(Registration.objects.values_list("email", "state"))
    assert [states[f"{name}@example.jp"] for name in "abcd"] == [
        "registered",
        "registered",
        "waiting",
        "registered",
    ]
    bodies = {mail.to_email: mail.body for mail in mails()}
    assert "https://meet.example.jp/abc" in bodies["a@example.jp"]
    assert "https://meet.example.jp/abc" not in bodies["c@example.jp"]


def test_an_event_only_online_counts_everyone() -> None:
    event = EventFactory.create(capacity=1, place_name="", is_online=True)
    ask(event, "a@example.jp")
    ask(event, "b@example.jp")
    assert Registration.objects.get(email="b@example.jp").state == RegistrationState.WAITING
    assert Registration.objects.get(email="b@example.jp").manner == Manner.ONLINE


def test_a_way_that_the_event_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput) as refusal:
        ask(EventFactory.create(), manner="online")
    assert "manner" in refusal.value.fields


def test_cancelling_moves_the_first_up_once() -> None:
    event = EventFactory.create(capacity=1)
    seat = RegistrationFactory.create(event=event)
    first, second = WaitingFactory.create(event=event), WaitingFactory.create(event=event)
    moved = domain.registration_cancel(registration=seat, own=True)
    assert moved == [first]
    assert domain.registration_cancel(registration=seat, own=True) == []  # twice
    second.refresh_from_db()
    assert second.state == RegistrationState.WAITING
    assert [(mail.template, mail.to_email) for mail in mails()] == [
        ("events-cancelled", seat.email),
        ("events-moved-up", first.email),
    ]


def test_leaving_the_waiting_list_moves_nobody() -> None:
    event = EventFactory.create(capacity=1)
    RegistrationFactory.create(event=event)
    first, second = WaitingFactory.create(event=event), WaitingFactory.create(event=event)
    assert domain.registration_cancel(registration=first, own=True) == []
    assert selectors.place_in_line(second) == 1


def test_one_cannot_cancel_what_has_begun() -> None:
    seat = RegistrationFactory.create()
    with pytest.raises(Conflict):
        domain.registration_cancel(registration=seat, own=True, now=seat.event.starts_at)


def test_nobody_moves_up_once_it_has_begun(cast: Cast) -> None:
    seat = RegistrationFactory.create(event__capacity=1)
    WaitingFactory.create(event=seat.event)
    later = seat.event.starts_at + timedelta(minutes=1)
    assert domain.registration_cancel(registration=seat, actor=cast.staff, now=later) == []


def test_more_seats_move_up_as_many(cast: Cast) -> None:
    event = EventFactory.create(capacity=1)
    RegistrationFactory.create(event=event)
    people = [WaitingFactory.create(event=event) for _n in range(3)]
    moved = domain.seats_change(event=event, capacity=3, actor=cast.staff)
    assert moved == people[:2]
    assert [mail.to_email for mail in mails("moved-up")] == [row.email for row in people[:2]]
    assert domain.seats_change(event=event, capacity=None, actor=cast.staff) == people[2:]


def test_fewer_seats_than_people_are_refused(cast: Cast) -> None:
    event = EventFactory.create(capacity=5)
    RegistrationFactory.create_batch(2, event=event)
    with pytest.raises(InvalidInput) as refusal:
        domain.seats_change(event=event, capacity=1, actor=cast.staff)
    assert "2人" in refusal.value.fields["capacity"][0]
    assert domain.seats_change(event=event, capacity=2, actor=cast.staff) == []


def test_staff_put_someone_first(cast: Cast) -> None:
    event = EventFactory.create(capacity=1)
    seat = RegistrationFactory.create(event=event)
    first, second = WaitingFactory.create(event=event), WaitingFactory.create(event=event)
    domain.registration_put_first(registration=second, actor=cast.staff)
    domain.registration_put_first(registration=second, actor=cast.staff)
    assert [selectors.place_in_line(row) for row in (second, first)] == [1, 2]
    assert domain.registration_cancel(registration=seat, own=True) == [second]


def test_staff_add_someone_who_called(cast: Cast) -> None:
    event = EventFactory.create(capacity=1)
    values = {"name": "電話 太郎", "email": "", "phone": "076-000-0000"}
    row = domain.registration_add(event=event, values=values, language="ja", actor=cast.staff)
    second = domain.registration_add(event=event, values=values, language="ja", actor=cast.staff)
    assert (row.state, second.state) == ("registered", "waiting")  # two people without an address
    assert not mails()


def test_staff_add_after_registration_has_ended(cast: Cast) -> None:
    event = EventFactory.create()
    values = {"name": "当日 花子", "email": "a@example.jp"}
    row = domain.registration_add(
        event=event, values=values, language="ja", actor=cast.staff, now=event.registration_closes_at
    )
    assert row.state == "registered"
    with pytest.raises(InvalidInput):
        domain.registration_add(event=event, values=values, language="ja", actor=cast.staff)


def test_marking_who_came(cast: Cast) -> None:
    seat, waiting = RegistrationFactory.create(), WaitingFactory.create()
    assert domain.attendance_mark(registration=seat, attended=True, actor=cast.staff).attended_at
    assert not domain.attendance_mark(registration=seat, attended=False, actor=cast.staff).attended_at
    with pytest.raises(Conflict):
        domain.attendance_mark(registration=waiting, attended=True, actor=cast.staff)


def test_staffs_acts_are_for_staff(cast: Cast) -> None:
    seat = RegistrationFactory.create()
    acts: dict[Callable[..., Any], dict[str, Any]] = {
        domain.registration_cancel: {"registration": seat},
        domain.registration_put_first: {"registration": seat},
        domain.attendance_mark: {"registration": seat, "attended": True},
        domain.seats_change: {"event": seat.event, "capacity": 3},
        domain.event_call_off: {"event": seat.event},
        domain.event_tell: {"event": seat.event},
    }
    for act, arguments in acts.items():
        with pytest.raises(NotAllowed):
            act(**arguments, actor=cast.owner)


def test_mails_are_in_the_language_of_the_form() -> None:
    domain.registration_request(
        event=EventFactory.create(), values={"name": "Haru", "email": "a@example.jp"}, language="en"
    )
    (mail,) = mails()
    assert mail.subject == "You have a seat: Briefing about the call"
    assert "/en/events/registration/" in mail.body
