"""A change during the trial: the company asks, staff approve in part, the company reads answer and letter."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.organizations.enums import Role
from apps.organizations.models import Organization
from apps.trials.models import Trial, TrialChange
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant

COMPANY, STAFF = "haru@example.jp", "uketsuke@city.example.jp"
WHY = "雨のたびにつまる場所が、もう二つわかりました。雪どけの水も見たいです。"
ANSWER = "期間はご希望のとおりです。機器は、電波の空きを見て、まず5台を加えます。"


def running(language: str) -> Trial:
    company: Organization = OrganizationFactory.create(name="株式会社みずおと技研")
    owner = UserFactory.create(email=COMPANY, name="山田 春", language=language)
    MembershipFactory.create(organization=company, user=owner, role=Role.OWNER)
    trial: Trial = TrialFactory.create(organization=company, code="2026-015", title_en="Canals by level")
    trial.report_due_on = trial.ends_on + timedelta(days=30)
    trial.save(update_fields=["report_due_on"])
    trial.sites.create(name="井田川 放水口")
    return trial


@pytest.mark.variants("desktop-ja", "phone-en")
def test_change_is_asked_approved_in_part_and_read(stage: Stage, variant: Variant) -> None:
    trial = running(variant.language)
    User.objects.create_user(STAFF, name="高野", is_staff=True, is_superuser=True)
    stage.outbox()
    company = stage.person("company", variant)
    company.goto(f"/o/{trial.organization_id}/trials/{trial.code}/")
    company.sign_in(COMPANY)
    asks(company, trial)
    staff = stage.person("staff", variant)
    staff.goto("/admin/")
    staff.sign_in(STAFF)
    decides(staff)
    mail = stage.wait("the answer", lambda: stage.mails_to(COMPANY)[1:])[-1]
    assert ANSWER in mail[1]
    assert "55" in mail[1]
    reads(company, mail[1], trial)


def asks(company: Person, trial: Trial) -> None:
    """Ten more devices and two more months; refused first for want of a reason."""
    page = company.page
    page.locator("a[href$='/changes/new/']").wait_for()
    company.look("change-workspace")
    company.tap("a[href$='/changes/new/']")
    company.look("change-new")
    ends = trial.ends_on + timedelta(days=61)
    company.fill(devices="60", ends_on=ends.isoformat())
    company.submit()
    page.locator(".error-summary").wait_for()
    company.look("change-without-reason")
    company.fill(reason=WHY)
    company.submit()
    page.wait_for_url(re.compile(r"/changes/$"))
    company.look("change-list")
    company.tap("a[href$='/changes/1/']")
    page.locator("form[action$='/take-back/']").wait_for()
    company.look("change-asked")
    change = TrialChange.objects.get()
    assert (change.kinds, change.proposed["devices"]) == (["period", "devices"], 60)


def decides(staff: Person) -> None:
    """From the work queue: five instead of ten; the mail is read before it leaves. By keyboard."""
    page = staff.page
    page.locator("main a[href*='/trials/trialchange/'][href*='/change/']").first.wait_for()
    staff.look("change-queue")
    staff.tap("main a[href*='/trials/trialchange/'][href*='/change/']")
    staff.look("change-decide")
    page.locator("#id_devices").fill("55")
    staff.tab_to("#id_answer")
    staff.type(ANSWER)
    staff.tab_to("main form .button-primary")
    staff.enter()
    page.locator("button[name=send]").wait_for()
    staff.look("change-preview")
    staff.tab_to("button[name=send]")
    staff.enter()
    change = TrialChange.objects.get()
    assert (change.state, change.granted["devices"]) == ("partly", 55)
    staff.look("change-decided")


def reads(company: Person, mail: str, trial: Trial) -> None:
    """The mail's link; the answer, the letter, and what holds now."""
    page = company.page
    link = re.search(r"https?://\S+/changes/1/", mail)
    assert link
    page.goto(link.group(0))
    page.get_by_text(ANSWER).wait_for()
    company.look("change-answered")
    with page.expect_download() as waiting:
        page.locator("a[href$='/letter/']").click()
    assert waiting.value.path().read_bytes()[:5] == b"%PDF-"
    company.goto(f"/o/{trial.organization_id}/trials/{trial.code}/changes/")
    assert page.locator("time").count() == 2
    company.look("change-history")
    company.goto(f"/o/{trial.organization_id}/trials/{trial.code}/")
    page.get_by_text("55").first.wait_for()
    trial.refresh_from_db()
    assert trial.version == 2
