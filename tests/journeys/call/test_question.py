"""A question asked on a phone and answered in public; a talk asked for and arranged."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.calls.models import Consultation, PublicQuestion
from apps.core import clock
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory
from tests.journeys.call.server import signed_in
from tests.journeys.stage import Person, Stage, Variant

ADDRESS = "visitor@example.jp"


def staff_of(stage: Stage) -> Person:
    """Somebody of the city at a desk, signed in."""
    person = stage.person("staff", Variant("desktop", "ja"))
    signed_in(person, UserFactory.create(email="staff@example.jp", is_staff=True, is_superuser=True))
    return person


@pytest.mark.variants("phone-ja", "desktop-en")
def test_question_asked_answered_and_read(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    call = CallFactory.create(code="2026", questions_until=clock.now() + timedelta(days=9))
    visitor = stage.person("visitor", variant)
    visitor.goto(f"/calls/{call.code}/questions/")
    visitor.look("question-none")
    visitor.tap(f"main a[href$='/calls/{call.code}/questions/ask/']")
    visitor.look("question-ask")
    visitor.fill(email="visitor@")
    visitor.submit()
    visitor.look("question-ask-wrong")
    visitor.fill(text="見本水産の田中です。川の中に機器を置いてもよいですか。👩‍🌾", email=ADDRESS)
    visitor.submit()
    visitor.look("question-asked")
    question = PublicQuestion.objects.get()
    assert question.number == 1

    staff = staff_of(stage)
    staff.goto("/admin/")
    staff.tap(f"a[href$='/publicquestion/{question.pk}/change/']")
    staff.fill(text="川の中に機器を置けますか。", answer="川を管理する課に確かめてからお答えします。")
    staff.look("question-answer")
    staff.submit()
    staff.tap("a[href$='/publish/']")
    staff.look("question-publish")
    assert not stage.mails_to(ADDRESS)
    staff.submit()
    staff.look("question-published")

    mail = stage.wait("the mail to the visitor", lambda: stage.mails_to(ADDRESS))[0]
    assert f"/calls/{call.code}/questions/#q1" in mail[1]
    visitor.goto(f"/calls/{call.code}/questions/")
    visitor.page.get_by_text("川を管理する課に確かめてからお答えします。").wait_for()
    assert visitor.page.get_by_text("田中").count() == 0
    visitor.look("question-list")
    visitor.page.locator("#q").fill("管理")
    visitor.tap("form[role=search] button")
    visitor.look("question-found")
    assert len(stage.mails_to(ADDRESS)) == 1


@pytest.mark.variants("phone-en")
def test_question_of_a_talk_before_applying(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    call = CallFactory.create(code="2026")
    visitor = stage.person("visitor", variant)
    visitor.goto(f"/calls/{call.code}/consultation/")
    visitor.look("consultation-request")
    visitor.fill(topic="ハウスの温度を測りたいです。", contact_name="見本 花子", email=ADDRESS)
    visitor.submit()
    visitor.look("consultation-requested")
    stage.wait("the receipt", lambda: len(stage.mails_to(ADDRESS)) == 1)
    talk = Consultation.objects.get()

    staff = staff_of(stage)
    staff.goto("/admin/")
    staff.tap(f"a[href$='/consultation/{talk.pk}/change/']")
    staff.look("consultation-log")
    staff.tap("a[href$='/arrange/']")
    staff.fill(meeting_place="市役所3階 見本会議室")
    staff.fill_moment("meeting_at", clock.now() + timedelta(days=4))
    staff.look("consultation-arrange")
    staff.submit()
    mails = stage.wait("the day by mail", lambda: (m := stage.mails_to(ADDRESS)) and len(m) == 2 and m)
    assert "見本会議室" in mails[1][1]
    staff.tap("a[href$='/done/']")
    staff.fill(staff_notes="温度計を勧めた。応募する見込み。")
    staff.submit()
    talk.refresh_from_db()
    assert talk.state == "done"
