"""The page of a call, whole: read on a phone, taken away, printed; made anew for next year by staff."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.calls.models import Call, CallFaq
from apps.core import clock
from tests.calls.views.test_call_page import filled
from tests.journeys.stage import Person, Stage, Variant


@pytest.mark.variants("phone-ja", "desktop-en")
def test_call_page_read_cloned_and_changed(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    User.objects.create_user("kato@city.example.jp", name="加藤", is_staff=True, is_superuser=True)
    call = filled(3)
    for number in range(40):
        CallFaq.objects.create(
            call=call, question=f"折りたたむ質問{number}", answer="答え", order=number + 10
        )
    reads(stage.person("reader", variant))
    staff = stage.person("staff", variant)
    clones(staff, call)
    publishes(staff)
    lengthens(staff, call)
    sees_both(stage.person("late", variant))


def reads(visitor: Person) -> None:
    """The page, its folded questions by keyboard, its dates and files, and as paper shows it."""
    visitor.goto("/calls/2026/")
    visitor.look("call-whole")
    page = visitor.page
    page.locator("details.more > summary").focus()
    visitor.press("Enter")
    page.get_by_text("折りたたむ質問39").wait_for()
    with page.expect_download() as download:
        page.locator("a[href$='/calendar.ics']").first.click()
    assert download.value.path().read_bytes().count(b"BEGIN:VEVENT") == 5
    visitor.press("Enter")
    page.locator("details.more > summary").focus()
    page.emulate_media(media="print")
    page.get_by_text("折りたたむ質問39").wait_for()
    assert not page.locator(".call-page .button").first.is_visible()
    assert page.get_by_text("本文です。").is_visible()
    page.emulate_media(media="screen")


def clones(staff: Person, call: Call) -> None:
    """From the work queue's neighbour to next year's draft, told before it is made."""
    staff.goto("/admin/calls/call/")
    staff.sign_in("kato@city.example.jp")
    staff.goto(f"/admin/calls/call/{call.pk}/change/")
    staff.look("admin-call-form")
    staff.tap("a[href$='/clone/']")
    staff.look("admin-call-clone")
    staff.tap("form[action$='/clone/'] button[type=submit]")
    staff.see_message("The draft is made. Check its dates and texts, then publish it.")
    made = Call.objects.get(code="2027")
    assert (made.criteria.count(), made.faqs.count(), made.state) == (3, 43, "draft")


def publishes(staff: Person) -> None:
    """Look at the draft as the public will, then publish it."""
    staff.tap("a[href$='/preview/']")
    staff.see("まだ公開していません", "It is not published yet")
    staff.look("admin-call-preview")
    made = Call.objects.get(code="2027")
    staff.goto(f"/admin/calls/call/{made.pk}/publish/")
    staff.look("admin-call-publish")
    staff.tap("form[action$='/publish/'] button[type=submit]")
    staff.see_message("The call is published. No mail was sent.")


def lengthens(staff: Person, call: Call) -> None:
    """A later deadline is told before it is kept."""
    staff.goto(f"/admin/calls/call/{call.pk}/change/")
    later = call.closes_at + timedelta(days=2)
    staff.fill_moment("closes_at", later)
    staff.tap("input[name=_continue]")
    staff.see("延ばします", "instead of")
    staff.look("admin-call-dates")
    staff.tick("confirmed")
    staff.tap("input[name=_continue]")
    staff.page.locator(".errorlist").first.wait_for(state="detached")
    call.refresh_from_db()
    assert clock.local_date(call.closes_at) == clock.local_date(later)


def sees_both(visitor: Person) -> None:
    """The list shows the open call and next year's."""
    visitor.goto("/calls/")
    visitor.page.locator("a[href$='/calls/2027/']").first.wait_for()
    visitor.look("call-list-two")
