"""A dashboard: the engineer arranges it and hands out a link; a viewer looks; a revoked link is dead.

In Japanese the engineer has no pointer."""

from __future__ import annotations

import pytest

from apps.devices.models import Device
from apps.organizations.enums import Role
from apps.telemetry.models import Dashboard
from tests.factories.devices import DeviceFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Stage, Variant
from tests.journeys.typist import by_keyboard

ENGINEER, VIEWER = "ito@bridge.example.jp", "mori@bridge.example.jp"


def bridge(language: str) -> Device:
    company = OrganizationFactory.create(name="橋守技研株式会社")
    for email, role in ((ENGINEER, Role.ENGINEER), (VIEWER, Role.VIEWER)):
        user = UserFactory.create(email=email, name="伊藤 守", language=language)
        MembershipFactory.create(organization=company, user=user, role=role)
    trial = TrialFactory.create(organization=company, code="2026-021", title_en="A gauge on the bridge")
    return DeviceFactory.create(trial=trial, name="BG-01", place_name="見本の橋")


@pytest.mark.variants("phone-ja")
def test_dashboard_is_arranged_shown_by_a_link_and_revoked(stage: Stage, variant: Variant) -> None:
    stage.outbox()
    device = bridge(variant.language)
    home = f"/o/{device.organization_id}/trials/2026-021/dashboards/"
    engineer = by_keyboard(stage.person("engineer", variant))
    engineer.goto(home)
    engineer.sign_in(ENGINEER)
    engineer.look("dashboards-empty")
    engineer.fill(name="橋の見張り")
    engineer.submit()
    board = Dashboard.objects.get()
    engineer.tap("main a[href$='/tiles/new/text/']")
    engineer.fill(text="毎朝ご覧ください。")
    engineer.submit()
    engineer.look("dashboard-arrange")
    engineer.tap(".breadcrumb li:nth-last-child(2) a")
    engineer.tap("main a[href$='/links/']")
    engineer.fill(note="推進協議会")
    engineer.submit()
    address = engineer.page.locator("#new-link").input_value()
    engineer.look("dashboard-link")

    guest = stage.person("guest", variant)
    opened = guest.page.goto(address)
    assert opened
    assert opened.status == 200
    guest.see("毎朝ご覧ください。", "毎朝ご覧ください。")
    guest.see("BG-01", "BG-01")
    guest.look("dashboard-open")

    viewer = stage.person("viewer", variant)
    viewer.goto(f"{home}{board.pk}/")
    viewer.sign_in(VIEWER)
    viewer.see("橋の見張り", "橋の見張り")
    assert viewer.page.locator(f"a[href*='{board.pk}/edit/']").count() == 0

    engineer.tap("form[action*='/links/'] button")
    engineer.see("リンクを無効にしました。", "The link shows nothing any more.")
    answer = guest.page.goto(address)
    assert answer
    assert answer.status == 404
