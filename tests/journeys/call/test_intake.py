"""Staff's intake: find, read, note, send back; export; numbers. By keyboard where it matters."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from apps.accounts.models import User
from apps.calls.models import Application, Call
from apps.core import clock
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.people import UserFactory
from tests.journeys import apply
from tests.journeys.stage import Person, Stage, Variant

STAFF, APPLICANT = "uketsuke@city.example.jp", "haru@example.jp"
WISH = "計画の日付が公募の期間から外れています。"


def applications() -> Call:
    """Two dozen, one of them about 水門 with personal data."""
    call: Call = CallFactory.create(code="2026")
    applicant = UserFactory.create(email=APPLICANT)
    for number in range(24):
        SubmittedFactory.create(
            call=call,
            created_by=applicant if number == 7 else UserFactory.create(),
            code=f"2026-{number + 1:03d}",
            title=f"見本：{'駅の人の流れ' if number % 2 else '田んぼの水位'}を測る {number + 1}",
            org_name=f"見本会社{number + 1}",
            org_kind="association",
            corporate_number="",
            personal_data_note="見回りの人の名札だけ。",
            submitted_at=clock.now() - timedelta(hours=7 * number + 2),
            personal_data="yes" if number % 5 == 2 else "no",
            need="見回りに時間がかかる。" if number != 7 else "用水路の水門がつまる。",
            conformity="unknown" if number == 7 else "ready",
        )
    return call


@pytest.mark.variants("desktop-ja", "phone-en")
def test_intake_from_the_queue_to_the_correction(stage: Stage, variant: Variant) -> None:
    User.objects.create_user(STAFF, name="高野", is_staff=True, is_superuser=True)
    applications()
    stage.outbox()
    staff = stage.person("staff", variant)
    staff.goto("/admin/calls/application/")
    staff.sign_in(STAFF)
    finds(staff)
    reads_and_notes(staff)
    sends_back(staff)
    mails = stage.wait("the mail", lambda: stage.mails_to(APPLICANT))
    assert WISH in mails[-1][1]
    corrects(stage.person("applicant", variant), mails[-1][1])
    staff.goto("/admin/calls/application/?q=%E6%B0%B4%E9%96%80")
    staff.look("intake-corrected")
    takes_out(staff)
    counts(staff)


def finds(staff: Person) -> None:
    """Words and filters with the keyboard alone."""
    page = staff.page
    page.locator("#result_list").wait_for()
    assert page.locator("#result_list tbody tr").count() == 24
    staff.look("intake-list")
    staff.tab_to("#searchbar")
    page.keyboard.type("水門")
    staff.tab_to("#filter-flag")
    page.locator("#filter-flag").select_option("conformity")
    staff.tab_to("#changelist-search .button-primary")
    staff.enter()
    page.wait_for_url(re.compile("flag=conformity"))
    page.locator("#result_list").wait_for()
    assert page.locator("#result_list tbody tr").count() == 1
    staff.look("intake-found")
    staff.goto("/admin/calls/application/?q=%E9%9B%AA%E7%8E%89")
    staff.look("intake-none")
    staff.goto("/admin/calls/application/?q=%E6%B0%B4%E9%96%80")


def reads_and_notes(staff: Person) -> None:
    page = staff.page
    staff.tab_to("#result_list tbody th a")
    staff.enter()
    page.wait_for_url(re.compile("/change/"))
    page.get_by_text("用水路の水門がつまる。").first.wait_for()
    staff.look("intake-read")
    page.locator("form[action$='/read/'] button").click()
    page.locator("form[action$='/read/']").wait_for(state="detached")
    staff.fill(text="電話で日付を確かめた。")
    page.locator("form[action$='/note/'] button").click()
    page.locator("#notes li").wait_for()


def sends_back(staff: Person) -> None:
    page = staff.page
    page.locator("a[href$='/return/']").click()
    page.locator("#id_message").wait_for()
    page.locator("main form .button-primary").click()
    staff.look("intake-return-missing")
    staff.fill(message=WISH)
    page.locator("main form .button-primary").click()
    page.locator("button[name=send]").wait_for()
    staff.look("intake-return-preview")
    staff.tab_to("button[name=send]")
    staff.enter()
    page.wait_for_url(re.compile("/change/"))
    assert Application.objects.get(code="2026-008").state == "returned"
    staff.look("intake-returned")


def corrects(applicant: Person, mail: str) -> None:
    """The applicant's half: the mail's link, what to correct, and handing it in again."""
    link = re.search(r"https?://\S+/applications/\S+", mail)
    assert link
    applicant.page.goto(link.group(0))
    applicant.sign_in(APPLICANT)
    applicant.page.get_by_text(WISH).first.wait_for()
    applicant.look("intake-applicant-returned")
    applicant.tap("a[href$='/questions/plan/']")
    applicant.fill(plan="日付を直しました。水位計を3台置きます。")
    applicant.submit()
    applicant.goto("/applications/2026-008/check/")
    applicant.look("intake-applicant-check")
    apply.hands_in(applicant)
    row = Application.objects.get(code="2026-008")
    assert (row.state, row.revision, row.plan) == ("submitted", 2, "日付を直しました。水位計を3台置きます。")


def takes_out(staff: Person) -> None:
    page = staff.page
    staff.goto("/admin/calls/application/?call=2026&flag=personal")
    for kind in ("csv", "xlsx"):
        with page.expect_download() as waiting:
            page.locator(f"a[href*='/export/{kind}/']").click()
        body = Path(waiting.value.path()).read_bytes()
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(body)).active
            assert sheet is not None
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        assert len(rows) == 1 + 5


def counts(staff: Person) -> None:
    page = staff.page
    page.locator("a[href*='/statistics/']").first.click()
    page.locator("table").first.wait_for()
    page.locator(".chart canvas").wait_for()
    staff.look("intake-numbers")
