"""A company's whole way: from the first visit to the receipt, and back the next day to correct it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.calls.models import Application, Call, CallQuestion, Theme
from apps.core import clock
from tests.factories.calls import CallFactory
from tests.journeys import apply
from tests.journeys.stage import Person, Stage, Variant

ADDRESS = "haru@mizuoto.example.jp"


def the_call() -> Call:
    call: Call = CallFactory.create(code="2026", title="2026年度 実証実験公募", grace_minutes=30)
    call.themes.set(Theme.objects.all()[:4])
    return call


@pytest.mark.variants("phone-ja")
def test_apply_from_first_visit_to_receipt_in_under_forty_interactions(
    stage: Stage, variant: Variant
) -> None:
    the_call()
    stage.outbox()
    someone = stage.person("applicant", variant)
    someone.goto("/calls/2026/")
    apply.begins(someone, "2026", ADDRESS)
    someone.look("apply-who")
    apply.who(someone)
    someone.look("apply-contact")
    apply.contact(someone)
    someone.look("apply-idea")
    apply.idea(someone)
    someone.look("apply-plan")
    apply.plan(someone)
    sees_the_live_answer(someone)
    someone.look("apply-devices")
    someone.interactions -= 1  # only the look at a message that is too long
    apply.devices(someone)
    apply.place(someone)
    someone.look("apply-period")
    apply.period(someone)
    someone.look("apply-safety")
    apply.safety(someone)
    someone.look("apply-check")
    code = apply.hands_in(someone)
    someone.look("apply-receipt")
    assert someone.interactions < 40, someone.interactions
    assert stage.wait("the receipt", lambda: someone.receipts(code))
    someone.goto(f"/applications/{code}/")
    someone.look("apply-status")


def sees_the_live_answer(someone: Person) -> None:
    """The answer changes while the numbers are typed, and nothing is kept for it."""
    someone.fill(**{"sensors-0-payload_bytes": "200"})
    someone.see("収まりますが、届かない場所があります。", "It fits, but not everywhere.")
    someone.page.locator("#id_sensors-0-name").fill("水位計")
    someone.page.locator("#id_sensors-0-count").fill("12")
    someone.page.locator("#id_sensors-0-payload_bytes").fill("11")
    someone.see("1,728", "1,728")


@pytest.mark.variants("desktop-ja", "phone-en")
def test_apply_return_the_next_day_and_correct(stage: Stage, variant: Variant) -> None:
    """The link in the mail leads back; a change is handed in at once; after the deadline nothing is."""
    call = the_call()
    CallQuestion.objects.create(
        call=call,
        label="雪の日に確かめたいこと",
        label_en="On snowy days?",
        reason="冬の公募です。",
        kind="line",
    )
    stage.outbox()
    someone = stage.person("applicant", variant)
    someone.goto("/calls/2026/")
    apply.begins(someone, "2026", ADDRESS)
    for screen in (apply.who, apply.contact, apply.idea, apply.plan):
        screen(someone)
    someone.context.clear_cookies()
    link = next(text for _subject, text in someone.mails() if "/applications/" in text)
    address = next(word for word in link.split() if "/applications/" in word)
    someone.page.goto(address)
    someone.sign_in(ADDRESS)
    someone.page.wait_for_url("**/applications/*/")
    someone.look("apply-draft")
    code = someone.page.url.rstrip("/").rsplit("/", 1)[1]
    someone.tap("a[href$='/questions/devices/']")
    for screen in (apply.devices, apply.place, apply.period, apply.safety):
        screen(someone)
    someone.look("apply-extra")
    someone.submit()
    assert apply.hands_in(someone) == code
    someone.goto(f"/applications/{code}/")
    someone.tap("a[href*='/questions/idea/']")
    someone.fill(title="")
    someone.look("apply-correcting")
    someone.submit()
    someone.look("apply-correcting-fault")
    assert Application.objects.get(code=code).revision == 1
    someone.fill(title="用水路の詰まりを、音と水位差で知る")
    someone.submit()
    someone.see_message("The correction is handed in.")
    someone.look("apply-corrected")
    application = Application.objects.get(code=code)
    assert (application.revision, application.title) == (2, "用水路の詰まりを、音と水位差で知る")
    Call.objects.update(closes_at=clock.now() - timedelta(minutes=31))
    someone.goto(f"/applications/{code}/")
    assert someone.page.locator("a[href*='/questions/']").count() == 0
    someone.look("apply-closed")
