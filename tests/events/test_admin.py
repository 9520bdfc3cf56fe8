"""Staff's pages: form, publishing, attendees, seats, calling off, CSV, print."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.clock import TOKYO
from apps.events.enums import EventState, RegistrationState
from apps.events.models import Event, Registration
from apps.outbox.models import Message
from tests.cast import Cast
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def address(event: Event, page: str = "attendees/") -> str:
    return f"/admin/events/event/{event.pk}/{page}"


def text(client: Client, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200, where
    return answer.content.decode()


def moment(value: datetime) -> str:
    return value.astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M")


def form_of(event: Event, **changes: Any) -> dict[str, Any]:
    values = {
        name: getattr(event, name)
        for name in ("kind", "title", "title_en", "summary", "place_name", "place_name_en", "address")
    }
    dates = {
        name: moment(getattr(event, name)) for name in ("starts_at", "ends_at", "registration_closes_at")
    }
    return {**values, **dates, "online_url": "", "contact": "", "summary_en": "", "capacity": "", **changes}


def test_making_and_publishing(staff: Client) -> None:
    event = EventFactory.build()
    answer = staff.post("/admin/events/event/add/", form_of(event, capacity="30"))
    assert answer.status_code == 302
    kept = Event.objects.get()
    assert (kept.state, kept.capacity) == (EventState.DRAFT, 30)
    assert kept.starts_at == event.starts_at
    assert "まだ公開していません" in text(staff, address(kept, "preview/"))
    assert "メールを送りません" in text(staff, address(kept, "publish/"))
    staff.post(address(kept, "publish/"))
    kept.refresh_from_db()
    assert kept.state == EventState.PUBLISHED


def test_a_form_with_faults_comes_back(staff: Client) -> None:
    event = EventFactory.build()
    answer = staff.post("/admin/events/event/add/", form_of(event, place_name="", ends_at="2026-13-45"))
    assert answer.status_code == 200
    assert not Event.objects.exists()


def test_moved_dates_offer_to_tell_everyone(staff: Client) -> None:
    seat = RegistrationFactory.create(name="来場 太郎")
    RegistrationFactory.create(event=seat.event, email="", name="電話 花子", phone="076-1")
    event = seat.event
    later = form_of(event, starts_at=moment(event.starts_at + timedelta(minutes=30)))
    answer = staff.post(address(event, "change/"), later)
    assert answer.headers["Location"] == address(event, "tell/")
    page = text(staff, address(event, "tell/"))
    assert seat.email in page
    assert "電話 花子" in page
    assert not Message.objects.exists()
    staff.post(address(event, "tell/"), {"expected": "9"})
    assert not Message.objects.exists()
    staff.post(address(event, "tell/"), {"expected": "1"})
    assert Message.objects.get().template == "events-changed"


def test_a_changed_text_tells_nobody(staff: Client) -> None:
    event = RegistrationFactory.create().event
    answer = staff.post(address(event, "change/"), form_of(event, summary="新しい文"))
    assert answer.headers["Location"] == "/admin/events/event/"


def test_seats_of_a_published_event_are_not_in_the_form(staff: Client) -> None:
    event = EventFactory.create(capacity=5)
    staff.post(address(event, "change/"), form_of(event, capacity="500"))
    event.refresh_from_db()
    assert event.capacity == 5


def test_seats_say_who_moves_up_before_the_click(staff: Client) -> None:
    event = EventFactory.create(capacity=1)
    RegistrationFactory.create(event=event)
    waiting = WaitingFactory.create(event=event, name="待ち 一郎")
    page = text(staff, address(event, "attendees/seats/") + "?capacity=2")
    assert "待ち 一郎" in page
    assert waiting.email in page
    assert not Message.objects.exists()
    staff.post(address(event, "attendees/seats/"), {"capacity": "2"})
    waiting.refresh_from_db()
    assert waiting.state == RegistrationState.REGISTERED
    answer = staff.post(address(event, "attendees/seats/"), {"capacity": "1"})
    assert "2人が申し込んでいます" in answer.content.decode()


def test_calling_off_says_how_many_mails_to_whom(staff: Client) -> None:
    seat = RegistrationFactory.create()
    page = text(staff, address(seat.event, "call-off/"))
    assert seat.email in page
    assert "次の1人にメールを送ります" in page
    staff.post(address(seat.event, "call-off/"), {"expected": "1"})
    assert Message.objects.get().template == "events-called-off"
    assert staff.get(address(seat.event, "call-off/")).status_code == 302


def test_list_of_attendees_in_order(staff: Client) -> None:
    event = EventFactory.create(capacity=1)
    RegistrationFactory.create(event=event, name="席の人")
    for name in ("待ち一", "待ち二"):
        WaitingFactory.create(event=event, name=name)
    page = text(staff, address(event))
    assert page.index("席の人") < page.index("待ち一") < page.index("待ち二")
    second = Registration.objects.get(name="待ち二")
    staff.post(address(event, f"attendees/{second.pk}/first/"))
    page = text(staff, address(event))
    assert page.index("待ち二") < page.index("待ち一")


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_attendees_asks_twice(staff: Client, rows: int) -> None:
    event = EventFactory.create(capacity=rows)
    for _n in range(rows):
        RegistrationFactory.create(event=event)
        WaitingFactory.create(event=event)
    with CaptureQueriesContext(connection) as seen:
        text(staff, address(event))
    own = [query for query in seen.captured_queries if "events_" in query["sql"]]
    assert len(own) == 2  # the event with its counts, its registrations


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_events_costs_the_same(staff: Client, rows: int) -> None:
    for _n in range(rows):
        RegistrationFactory.create()
    with CaptureQueriesContext(connection) as seen:
        text(staff, "/admin/events/event/")
    own = [query for query in seen.captured_queries if "events_" in query["sql"]]
    assert len(own) == QUERIES_OF_LIST


#: Two counts for the pages, and the rows with their numbers.
QUERIES_OF_LIST = 3


def test_staff_cancel_and_say_who_gets_which_mail(staff: Client) -> None:
    event = EventFactory.create(capacity=1)
    seat, waiting = RegistrationFactory.create(event=event), WaitingFactory.create(event=event)
    where = address(event, f"attendees/{seat.pk}/cancel/")
    page = text(staff, where)
    assert seat.email in page
    assert waiting.email in page
    staff.post(where)
    assert sorted(Message.objects.values_list("template", flat=True)) == [
        "events-cancelled",
        "events-moved-up",
    ]
    assert staff.get(where).status_code == 302


def test_marking_who_came(staff: Client) -> None:
    seat = RegistrationFactory.create()
    where = address(seat.event, f"attendees/{seat.pk}/attended/")
    staff.post(where, {"attended": "1"})
    seat.refresh_from_db()
    assert seat.attended_at
    staff.post(where, {"attended": "0"})
    seat.refresh_from_db()
    assert seat.attended_at is None


def test_adding_someone_who_called(staff: Client) -> None:
    event = EventFactory.create()
    where = address(event, "attendees/add/")
    assert staff.post(where, {}).status_code == 200
    values = {"name": "電話 太郎", "email": "", "phone": "076-1", "language": "ja"}
    assert staff.post(where, values).status_code == 302
    assert not Message.objects.exists()
    known = RegistrationFactory.create(event=event)
    answer = staff.post(where, {**values, "email": known.email})
    assert "もう申し込まれています" in answer.content.decode()


def test_csv_is_safe_from_formulas(staff: Client) -> None:
    event = EventFactory.create(capacity=1)
    RegistrationFactory.create(event=event, name="=HYPERLINK(1)", note="＝1+1", organization_name="@x")
    WaitingFactory.create(event=event, phone="+81")
    answer = staff.get(address(event, "attendees/attendees.csv"))
    raw = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert raw.startswith("\ufeff")
    head, *rows = list(csv.reader(io.StringIO(raw.lstrip("\ufeff"))))
    assert head[2] == "名前"
    assert [cell[:2] for cell in rows[0] if cell.startswith("'")] == ["'=", "'@", "'＝"]
    assert rows[1][0] == "キャンセル待ち"
    assert rows[1][5] == "'+81"


def test_sheet_for_the_door(staff: Client) -> None:
    seat = RegistrationFactory.create(name="席の人")
    page = text(staff, address(seat.event, "attendees/print/"))
    assert "席の人" in page
    assert seat.email not in page


def test_people_of_another_event_are_not_found(staff: Client) -> None:
    seat, other = RegistrationFactory.create(), EventFactory.create()
    for page in ("cancel", "first", "attended"):
        assert staff.post(address(other, f"attendees/{seat.pk}/{page}/")).status_code == 404
    seat.refresh_from_db()
    assert seat.state == RegistrationState.REGISTERED


@pytest.mark.parametrize(
    "page", ["preview/", "tell/", "call-off/", "attendees/", "attendees/seats/?capacity=x"]
)
@pytest.mark.parametrize("state", EventState.values)
def test_pages_in_every_state(staff: Client, page: str, state: str) -> None:
    event = EventFactory.create(state=state)
    assert staff.get(address(event, page)).status_code in (200, 302)
