"""The company's answer: the mail with the letter, the page, yes or no; and who waited moves up."""

from __future__ import annotations

import hashlib

import pytest

from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call, Letter
from apps.outbox.domain import batch_release
from apps.trials.models import Trial
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final
from tests.factories.organizations import MembershipFactory
from tests.factories.people import UserFactory
from tests.journeys.call.server import signed_in
from tests.journeys.stage import Person, Stage, Variant

BATCH = "decision-2026"


def company(code: str, email: str, language: str, title: str) -> Application:
    """A submitted application of its own organization, whose owner reads ``language``."""
    owner = UserFactory.create(email=email, language=language)
    organization = MembershipFactory.create(user=owner).organization
    call = Call.objects.filter(code="2026").first() or CallFactory.create(code="2026")
    row: Application = SubmittedFactory.create(
        code=code,
        call=call,
        created_by=owner,
        organization=organization,
        contact_email=email,
        title=title,
    )
    return row


def comes(stage: Stage, variant: Variant, row: Application) -> Person:
    person = stage.person(row.created_by.email, variant)
    signed_in(person, row.created_by)
    return person


def letter_saved(person: Person, row: Application, kind: str) -> None:
    """The person saves the letter from the page: it is the one that was kept."""
    with person.page.expect_download() as saved:
        person.page.locator("a[href*='/letters/']").first.click()
    letter = Letter.objects.get(application=row, kind=kind, voided_at=None)
    assert saved.value.suggested_filename == f"{letter.fiscal_year}-{letter.serial:04d}-{kind}.pdf"
    assert hashlib.sha256(saved.value.path().read_bytes()).hexdigest() == letter.sha256


def mail_with_letter(stage: Stage, address: str, word: str) -> str:
    """The text of the mail whose subject holds ``word``; the letter is in it."""
    mails = stage.wait(
        f"a mail to {address}", lambda: [mail for mail in stage.mails_to(address) if word in mail[0]]
    )
    raw = b"".join(path.read_bytes() for path in stage.mail.iterdir())
    assert b"application/pdf" in raw
    return str(mails[-1][1])


@pytest.mark.variants("phone-ja")
def test_answer_the_company_reads_the_letter_and_accepts(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    row = company("2026-101", "haru@mizuoto.example.jp", "ja", "用水路のごみ詰まりを水位差で知る")
    staff = UserFactory.create(is_staff=True)
    final(row, staff, "conditions")
    batch_release(batch=BATCH, actor=staff)
    text = mail_with_letter(stage, row.contact_email, "条件つきで採択")
    assert "までに応募のページで答えてください" in text
    person = comes(stage, variant, row)
    person.goto(f"/applications/{row.code}/")
    person.look("answer-adopted-conditions")
    letter_saved(person, row, "adoption")
    person.tap("a[href$='/accept/']")
    person.look("answer-accept")
    person.submit()
    assert Application.objects.get(pk=row.pk).state == ApplicationState.ACCEPTED
    assert Trial.objects.get(application=row).conditions == "冬の間は除雪の邪魔にならない所に置いてください。"
    person.look("answer-accepted")


@pytest.mark.variants("desktop-en")
def test_answer_one_turns_it_down_and_who_waited_moves_up(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    gone = company("2026-101", "haru@mizuoto.example.jp", "ja", "用水路のごみ詰まりを水位差で知る")
    waiting = company("2026-102", "sora@yuki.example.jp", "en", "Finding hydrants under the snow")
    other = UserFactory.create(is_staff=True)
    final(gone, other)
    final(waiting, other, "waitlist", rank=1)
    batch_release(batch=BATCH, actor=other)
    waits = comes(stage, variant, waiting)
    waits.goto(f"/applications/{waiting.code}/")
    waits.look("answer-waiting")
    waits.see_message("Letters of the city")
    leaves = comes(stage, variant, gone)
    leaves.goto(f"/applications/{gone.code}/turn-down/")
    leaves.look("answer-turn-down")
    leaves.page.locator("main form button[type=submit]").last.click()
    leaves.see_message("You turned the trial down.")
    waits.goto(f"/applications/{waiting.code}/")
    assert waits.page.locator("a[href$='/accept/']").count() == 0
    staff = stage.person("staff", variant)
    signed_in(staff, UserFactory.create(is_staff=True, is_superuser=True))
    staff.goto(f"/admin/calls/letter/waitlist/{gone.call_id}/")
    staff.look("staff-waitlist")
    staff.goto("/admin/")
    staff.look("staff-queue-moved-up")
    staff.release_batch()
    text = mail_with_letter(stage, waiting.contact_email, "moves up")
    assert "A place has become free" in text
    waits.goto(f"/applications/{waiting.code}/")
    waits.look("answer-moved-up")
    letter_saved(waits, waiting, "adoption")
    waits.tap("a[href$='/accept/']")
    waits.submit()
    assert Trial.objects.filter(application=waiting).exists()
    staff.goto(f"/admin/calls/letter/answer/{gone.pk}/")
    staff.look("staff-answer-closed")
    staff.goto("/admin/calls/letter/")
    staff.look("staff-letters")
