"""A conflict of interest in mid-review: found by itself, read by staff, lifted with a reason."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.calls.domain.conflict import conflicts_note
from apps.calls.models import ReviewConflict
from tests.factories.organizations import OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import assigned, review_call, reviewer, submitted
from tests.journeys.call.server import signed_in
from tests.journeys.stage import Stage, Variant

SHEET = "/admin/review/2026-101/"


@pytest.mark.variants("desktop-ja", "phone-en")
def test_review_conflict_found_read_and_lifted(stage: Stage, variant: Variant) -> None:
    call = review_call(code="2026", title="センサーネットワーク 実証実験公募（見本）")
    company = OrganizationFactory.create(name="株式会社かわせみ計測")
    row = submitted(call, code="2026-101", organization=company, org_name=company.name)
    expert = UserFactory.create(email="hana@kawasemi-lab.jp", name="評価 はな", is_reviewer=True)
    assigned(reviewer(call, expert), row)
    reader = stage.person("はな", variant)
    signed_in(reader, expert)
    reader.goto(SHEET)

    staff = stage.person("高野", variant)
    user = User.objects.create_user("tanto@city.example.jp", name="高野", is_staff=True, is_superuser=True)
    signed_in(staff, user)
    staff.goto(f"/admin/organizations/organization/{company.pk}/change/")
    staff.page.locator("[name='mail_domains-0-domain']").fill("@kawasemi-lab.jp")
    staff.look("staff-mail-domain")
    staff.page.locator("input[name=_save], button[name=_save]").first.click()
    staff.page.wait_for_url("**/organization/")

    assert reader.page.request.get(reader.path(SHEET)).status == 404, "at once"
    assert len(conflicts_note(call=call)) == 1
    staff.goto("/admin/")
    staff.tap("a[href$='/review/conflicts/']")
    staff.look("staff-conflicts")
    staff.tap("form[action$='/read/'] button")
    staff.tap("a[href$='/lift/']")
    staff.submit()
    staff.page.locator("[aria-invalid=true]").first.wait_for()
    staff.look("staff-conflict-lift")
    staff.page.locator("[name=reason]").fill("同じ名前の別の研究室でした。")
    staff.submit()
    staff.look("staff-conflicts-lifted")
    assert ReviewConflict.objects.get().lifted_by == user
    reader.goto(SHEET)
