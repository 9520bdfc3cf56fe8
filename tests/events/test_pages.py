"""The public pages, the form, and the own page behind a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from icalendar import Calendar

from apps.core import clock
from apps.events import selectors
from apps.events.enums import EventState, Manner, RegistrationState
from apps.events.models import Event, Registration
from apps.outbox.models import Message
from tests.factories.calls import CallFactory
from tests.factories.events import EventFactory, RegistrationFactory, WaitingFactory, days_from_now, link_of

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def register(client: Client, event: Event, **values: str) -> Any:
    data = {"name": "山田 はる", "email": "haru@example.jp", **values}
    return client.post(f"/events/{event.pk}/register/", data)


def past_event(**values: Any) -> Event:
    return EventFactory.create(starts_at=days_from_now(-5), **values)


def test_list_has_what_comes_and_what_is_over(client: Client) -> None:
    EventFactory.create(title="次の説明会")
    EventFactory.create(title="下書き", state=EventState.DRAFT)
    EventFactory.create(title="中止の会", state=EventState.CANCELLED)
    past_event(title="前の説明会")
    page = text(client, "/events/")
    assert page.index("次の説明会") < page.index("終わったイベント") < page.index("前の説明会")
    assert "下書き" not in page
    assert "中止の会" in page


def test_empty_list_says_where_to_look(client: Client) -> None:
    page = text(client, "/events/")
    assert "いま予定はありません" in page
    assert "/calls/" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_database_twice(client: Client, rows: int, django_assert_num_queries: Any) -> None:
    for _n in range(rows):
        RegistrationFactory.create()
        past_event()
    client.get("/calls/")  # the settings of the site are known
    with django_assert_num_queries(2):
        client.get("/events/")


def test_page_of_an_event(client: Client) -> None:
    event = EventFactory.create(is_online=True, online_url="https://meet.example.jp/secret")
    page = text(client, f"/events/{event.pk}/")
    assert "見本市役所 8階 会議室" in page
    assert "meet.example.jp" not in page
    assert "csrfmiddlewaretoken" not in page
    assert f"/events/{event.pk}/register/" in page
    assert "Briefing about the call" in text(client, f"/en/events/{event.pk}/")


def test_page_leads_to_the_call_it_is_about(client: Client) -> None:
    event = EventFactory.create()
    call = CallFactory.create(title="この説明会の公募です")
    call.briefings.add(event)
    draft = CallFactory.create(title="まだ出していない公募", state="draft")
    draft.briefings.add(event)
    page = text(client, f"/events/{event.pk}/")
    assert call.get_absolute_url() in page
    assert "この説明会の公募です" in page
    assert "まだ出していない公募" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": EventState.CANCELLED}, "このイベントは中止になりました"),
        ({"starts_at": days_from_now(-5)}, "このイベントは終わりました"),
        ({"registration_closes_at": clock.now() - timedelta(seconds=1)}, "受付は終わりました"),
    ],
)
def test_page_without_registration(client: Client, changes: dict[str, Any], words: str) -> None:
    event = EventFactory.create(**changes)
    page = text(client, f"/events/{event.pk}/")
    assert words in page
    assert "/register/" not in page
    assert register(client, event).status_code == 200
    assert not Registration.objects.exists()


def test_page_of_a_draft_does_not_exist(client: Client) -> None:
    event = EventFactory.create(state=EventState.DRAFT)
    for page in ("", "register/", "registered/", "calendar.ics"):
        assert client.get(f"/events/{event.pk}/{page}").status_code == 404


def test_room_left_is_told_in_steps_and_follows_at_once(client: Client) -> None:
    event = EventFactory.create(capacity=10)
    assert "空きあり" in text(client, f"/events/{event.pk}/")
    RegistrationFactory.create_batch(7, event=event)
    register(client, event)
    # Without waiting for the kept page to grow old.
    caches["pages"].clear()
    assert "残りわずか" in text(client, f"/events/{event.pk}/")
    WaitingFactory.create(event=event)
    caches["pages"].clear()
    assert "満席" in text(client, f"/events/{event.pk}/")


def test_form_registers_and_leads_to_the_mail(client: Client) -> None:
    event = EventFactory.create()
    answer = register(client, event)
    assert answer.headers["Location"] == f"/events/{event.pk}/registered/"
    assert "メールを確かめてください" in text(client, answer.headers["Location"])
    assert Message.objects.get().to_email == "haru@example.jp"


def test_form_says_the_same_to_a_stranger(client: Client) -> None:
    """Whoever types the address of someone else learns nothing."""
    event = EventFactory.create(capacity=1)
    register(client, event)
    first = register(client, event, email="new@example.jp", name="だれか")
    again = register(client, event, name="だれか")
    assert (first.status_code, first.headers["Location"]) == (again.status_code, again.headers["Location"])
    assert client.get(first.headers["Location"]).content == client.get(again.headers["Location"]).content


def test_form_names_its_faults(client: Client) -> None:
    answer = register(client, EventFactory.create(), name="", email="no")
    assert answer.status_code == 422
    assert answer.content.decode().count("field-error") >= 2
    assert not Registration.objects.exists()


def test_form_carries_no_links_to_strangers(client: Client) -> None:
    answer = register(client, EventFactory.create(), name="http://evil.example")
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_form_asks_for_the_way_only_when_there_are_two(client: Client) -> None:
    event = EventFactory.create(is_online=True)
    assert register(client, event).status_code == 422
    assert register(client, event, manner="online").status_code == 302
    assert Registration.objects.get().manner == Manner.ONLINE
    assert 'name="manner"' not in text(client, f"/events/{EventFactory.create().pk}/register/")


def test_form_keeps_nothing_of_programs(client: Client) -> None:
    event = EventFactory.create()
    answer = register(client, event, homepage="https://spam.example")
    assert answer.status_code == 302
    assert not Registration.objects.exists()


def test_form_is_limited(client: Client) -> None:
    event = EventFactory.create(capacity=None)
    for number in range(20):
        assert register(client, event, email=f"p{number}@example.jp").status_code == 302
    assert register(client, event, email="late@example.jp").status_code == 422
    assert Registration.objects.count() == 20


def test_form_takes_what_people_paste(client: Client) -> None:
    event = EventFactory.create()
    register(client, event, name="山田\u202e　はる\n", email=" Ｈａｒｕ＠example.jp ", note="😀 " * 10)
    row = Registration.objects.get()
    assert (row.name, row.email) == ("山田 はる", "haru@example.jp")
    assert register(client, event, name="x" * 81).status_code == 422


def test_own_page_of_a_seat(client: Client) -> None:
    seat = RegistrationFactory.create(
        event__is_online=True, event__online_url="https://meet.example.jp/abc", note="車いす"
    )
    answer = client.get(f"/events/registration/{link_of(seat)}/")
    page = answer.content.decode()
    assert "参加できます" in page
    assert "https://meet.example.jp/abc" in page
    assert "車いす" in page
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer.headers["Cache-Control"]


def test_own_page_of_one_who_waits_and_is_called_off(client: Client) -> None:
    row = WaitingFactory.create(event__is_online=True, event__online_url="https://meet.example.jp/abc")
    address = f"/events/registration/{link_of(row)}/"
    assert "キャンセル待ちの1番目です" in text(client, address)
    assert "meet.example.jp" not in text(client, address)
    Event.objects.update(state=EventState.CANCELLED)
    assert "中止になりました" in text(client, address)
    assert "申込みを取り消す" not in text(client, address)


def test_link_that_nobody_got(client: Client) -> None:
    RegistrationFactory.create()
    for token in ("x", "x" * 43, "%00", "あ"):
        for page in ("", "cancel/", "calendar.ics"):
            assert client.get(f"/events/registration/{token}/{page}").status_code == 404
        assert client.post(f"/events/registration/{token}/cancel/").status_code == 404


def test_cancelling_needs_a_press_of_the_button(client: Client) -> None:
    seat = RegistrationFactory.create()
    address = f"/events/registration/{link_of(seat)}/"
    assert "申込みを取り消しますか" in text(client, f"{address}cancel/")
    seat.refresh_from_db()
    assert seat.state == RegistrationState.REGISTERED
    assert client.post(f"{address}cancel/").headers["Location"] == address
    assert "申込みを取り消しました" in text(client, address)
    assert client.get(f"{address}cancel/").status_code == 302
    assert client.post(f"{address}cancel/").status_code == 302


def test_cancelling_in_a_real_browser_carries_a_token() -> None:
    seat = RegistrationFactory.create()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/events/registration/{link_of(seat)}/cancel/").status_code == 403
    assert strict.post(f"/events/{seat.event.pk}/register/").status_code == 403


def test_calendar_files(client: Client) -> None:
    seat = RegistrationFactory.create(
        event__is_online=True, event__online_url="https://meet.example.jp/abc", event__title="説明会; A"
    )
    public = client.get(f"/events/{seat.event.pk}/calendar.ics")
    own = client.get(f"/events/registration/{link_of(seat)}/calendar.ics")
    assert public.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"meet.example.jp" not in public.content
    (first,), (second,) = (Calendar.from_ical(a.content).walk("VEVENT") for a in (public, own))
    assert first["UID"] == second["UID"]
    assert first["DTSTART"].dt == seat.event.starts_at
    assert str(first["SUMMARY"]) == "説明会; A"
    assert "https://meet.example.jp/abc" in str(second["DESCRIPTION"])


def test_what_a_page_of_a_call_shows() -> None:
    first = EventFactory.create(starts_at=days_from_now(20), title="二回目", is_online=True)
    second = EventFactory.create(starts_at=days_from_now(3), title="一回目")
    draft = EventFactory.create(state=EventState.DRAFT)
    shown = selectors.public_events([first.pk, second.pk, draft.pk])
    assert [item.title for item in shown] == ["一回目", "二回目"]
    assert shown[1].where == "見本市役所 8階 会議室 / オンライン"
    assert shown[0].register_url == f"/events/{second.pk}/register/"
    assert shown[0].seats_words == "空きがあります"
    by_queryset = selectors.public_events(Event.objects.filter(pk=first.pk))
    assert [item.status for item in by_queryset] == ["open"]


@pytest.mark.parametrize("events", [1, 3])
def test_what_a_page_of_a_call_shows_costs_one_query(events: int, django_assert_num_queries: Any) -> None:
    ids = [EventFactory.create().pk for _n in range(events)]
    with django_assert_num_queries(1):
        assert len(selectors.public_events(ids)) == events


def test_a_full_place_still_offers_the_online_way() -> None:
    event = EventFactory.create(capacity=1, is_online=True)
    RegistrationFactory.create(event=event)
    (shown,) = selectors.public_events([event.pk])
    assert shown.seats_words.startswith("会場は満席です")
