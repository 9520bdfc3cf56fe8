"""A briefing: registered on a phone, full, someone waits, a seat becomes free, staff see who comes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core import public_pages
from apps.events.enums import EventState
from apps.events.models import Event
from tests.factories.calls import CallFactory
from tests.factories.events import EventFactory
from tests.journeys.stage import Person, Stage, Variant


@pytest.mark.variants("phone-ja", "desktop-en")
def test_briefing_registered_and_waiting_list_moved_up(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    event = EventFactory.create(
        capacity=1, is_online=True, online_url="https://meeting.example.jp/abc", address="見本市中央1-1"
    )
    CallFactory.create(code="2026").briefings.add(event)
    nobody_yet(stage.person("early", variant), event)
    first, second = stage.person("first", variant), stage.person("second", variant)
    registers(first, event, "first@example.jp", "一番 はな")
    registers(second, event, "second@example.jp", "二番 じろう")
    own_page(first)
    waits(second)
    cancels(first)
    moves_up(second)
    staff = sees_who_comes(stage.person("staff", variant), event)
    calls_off(staff, event)
    told_on_the_page(second)


def nobody_yet(visitor: Person, event: Event) -> None:
    """The list, empty and with the event; its page as everyone sees it."""
    Event.objects.filter(pk=event.pk).update(state=EventState.DRAFT)
    visitor.goto("/events/")
    visitor.see("いま予定はありません", "Nothing is planned right now")
    visitor.look("events-empty")
    Event.objects.filter(pk=event.pk).update(state=EventState.PUBLISHED)
    public_pages.changed()
    visitor.goto(f"/events/{event.pk}/")
    visitor.look("event")


def registers(visitor: Person, event: Event, address: str, name: str) -> None:
    """Without an account: from the page of the call or of the event to the form and into the mail."""
    visitor.address = address
    if visitor.name == "first":
        visitor.goto("/calls/2026/")
    else:
        visitor.goto(f"/events/{event.pk}/")
        visitor.look("event-full")
    visitor.page.locator(f"main a[href$='/events/{event.pk}/register/']").first.click()
    visitor.fill(name=name, email=address)
    visitor.choose("manner", "on_site")
    visitor.look(f"event-register-{visitor.name}")
    visitor.submit()
    visitor.see("メールを確かめてください", "Please look into your mail")
    visitor.look(f"event-registered-{visitor.name}")


def newest(person: Person, number: int) -> tuple[str, str]:
    """The ``number``-th mail to this person."""
    mails: Any = person.stage.wait(
        f"mail {number} to {person.address}", lambda: len(person.mails()) >= number and person.mails()
    )
    return mails[number - 1]


def open_link(person: Person, mail: tuple[str, str]) -> None:
    found = re.search(r"https?://\S+/events/registration/\S+/", mail[1])
    assert found, mail[1]
    person.page.goto(found.group())


def own_page(first: Person) -> None:
    mail = newest(first, 1)
    assert first.text("申込みを受け付けました", "You have a seat") in mail[0]
    assert "https://meeting.example.jp/abc" in mail[1]
    open_link(first, mail)
    first.see("参加できます", "You have a seat")
    first.look("registration-seat")
    with first.page.expect_download() as download:
        first.page.locator("a[href$='calendar.ics']").click()
    assert b"BEGIN:VEVENT" in download.value.path().read_bytes()


def waits(second: Person) -> None:
    mail = newest(second, 1)
    assert second.text("キャンセル待ちの1番目", "number 1 in the waiting list") in mail[1]
    assert "meeting.example.jp" not in mail[1]
    open_link(second, mail)
    second.see("キャンセル待ちの1番目", "number 1 in the waiting list")
    second.look("registration-waiting")


def cancels(first: Person) -> None:
    """From the own page behind the mail's link, with a question before it."""
    first.page.locator("a[href$='/cancel/']").click()
    first.look("registration-cancel")
    first.page.locator("form[action$='/cancel/'] button[type=submit]").click()
    first.see("申込みを取り消しました", "You have cancelled")
    first.look("registration-cancelled")
    newest(first, 2)


def moves_up(second: Person) -> None:
    mail = newest(second, 2)
    assert second.text("参加できることになりました", "A seat is free for you") in mail[0]
    open_link(second, mail)
    second.see("参加できます", "You have a seat")
    assert len(second.mails()) == 2


def sees_who_comes(staff: Person, event: Event) -> Person:
    """The list, adding someone who called, more seats with a look before the click, who came, the CSV."""
    User.objects.create_user("kato@city.example.jp", name="加藤", is_staff=True, is_superuser=True)
    staff.goto("/admin/events/event/")
    staff.sign_in("kato@city.example.jp")
    staff.look("admin-events")
    staff.goto(f"/admin/events/event/{event.pk}/attendees/")
    staff.page.get_by_text("二番 じろう").first.wait_for()
    staff.page.locator("a[href$='/attendees/add/']").click()
    staff.fill(name="電話 太郎", phone="076-000-0000")
    staff.choose("manner", "on_site")
    staff.look("admin-event-add")
    staff.submit()
    staff.look("admin-event-attendees")
    staff.page.locator("a[href$='/attendees/seats/']").click()
    staff.fill(capacity="2")
    staff.page.locator("form[method=get] button").click()
    staff.page.get_by_text("電話 太郎").first.wait_for()
    staff.look("admin-event-seats")
    staff.submit()
    staff.page.locator("button[name=attended][value='1']").first.click()
    staff.page.locator("button[name=attended][value='0']").first.wait_for()
    with staff.page.expect_download() as download:
        staff.page.locator("a[href$='attendees.csv']").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in lines[1:]] == ["二番 じろう", "電話 太郎", "一番 はな"]
    staff.goto(f"/admin/events/event/{event.pk}/attendees/print/")
    staff.look("admin-event-print")
    return staff


def calls_off(staff: Person, event: Event) -> None:
    """One mail to the one with an address; the other must be called."""
    staff.goto(f"/admin/events/event/{event.pk}/call-off/")
    staff.page.get_by_text("second@example.jp").first.wait_for()
    staff.page.get_by_text("076-000-0000").first.wait_for()
    staff.look("admin-event-call-off")
    staff.page.locator("form[action$='/call-off/'] button[type=submit]").click()


def told_on_the_page(second: Person) -> None:
    mail = newest(second, 3)
    assert second.text("中止のお知らせ", "Called off") in mail[0]
    second.page.reload()
    second.see("このイベントは中止になりました", "This event does not take place")
    second.look("registration-called-off")
    second.goto("/events/")
    second.see("中止", "Called off")
    second.look("events-called-off")
