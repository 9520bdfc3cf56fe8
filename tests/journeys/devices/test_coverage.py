"""Somebody asks “can I try it here?” with the keyboard alone; staff see what the gateways do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.trials.models import Site
from tests.factories.coverage import CoverageCellFactory, GatewayDayFactory
from tests.factories.network import GatewayFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Stage, Variant

STAFF = "tanto@city.example.jp"
ONE, STRAY = "0016c001f153a14c", "0016c001f153a1ff"


def network() -> None:
    """Two gateways, one that nobody entered, and squares around the station."""
    trial = TrialFactory.create()
    Site.objects.create(trial=trial, name="富山駅前", point=Point(137.2137, 36.7012), precision="point")
    Site.objects.create(trial=trial, name="富山港", point=Point(137.2265, 36.7558))
    hall = GatewayFactory.create(
        gateway_id=ONE, name="本庁舎", place=Point(137.2137, 36.6959), is_public=True,
        height_m=42, last_seen_at=clock.now(),
    )  # fmt: skip
    GatewayFactory.create(name="岩瀬", place=Point(137.2288, 36.7561), height_m=18)
    for name in (hall.gateway_id, STRAY):
        GatewayDayFactory.create(gateway_id=name, uplinks=1200, hours=0xFFF)
    CoverageCellFactory.create(observations=1234)
    CoverageCellFactory.create(mesh="5537014713", best_rssi=-118, gateways=1)


@pytest.mark.variants("phone-ja", "desktop-en")
def test_coverage_by_keyboard(stage: Stage, variant: Variant) -> None:
    network()
    company = stage.person("company", variant)
    page = company.page
    company.goto("/coverage/")
    company.look("coverage")
    # A name that means two places, then one of them.
    company.write("q", "富山")
    company.enter()
    company.see("どの場所ですか", "Which place do you mean?")
    company.tab_to("a[href='?q=5537014711']")
    company.enter()
    company.see("ここからは、よく届いています。", "Devices were received well here.")
    assert "1,234" in page.inner_text("#answer")
    company.look("coverage-heard")
    # The square to the west tells nothing: its kilometre does.
    company.tab_to("a[href='?q=5537014622']")
    company.enter()
    company.see("届かないという意味ではありません", "That does not mean that it does not reach")
    company.look("coverage-unknown")
    # The map by keyboard: Enter takes its middle, the numbers are filled in.
    company.tab_to("#coverage-map")
    company.press("Enter")
    assert page.locator("#id_latitude").input_value().startswith("36.70")
    company.tab_to("#id_q")
    company.press("ControlOrMeta+A")
    company.press("Delete")
    company.enter()
    assert "latitude=36.70" in page.url
    assert page.locator("#answer").count() == 1
    assert not company.context.cookies()  # nothing is kept of somebody who only asks


@pytest.mark.variants("desktop-ja")
def test_network_map_of_staff(stage: Stage, variant: Variant) -> None:
    network()
    silent = clock.now() - timedelta(days=2)
    GatewayFactory.create(name="桜橋", place=Point(137.2139, 36.6961), last_seen_at=silent)
    user = UserFactory.create(email=STAFF, name="高野", is_staff=True, is_superuser=True)
    staff = stage.person("staff", variant)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    staff.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": stage.url}])
    url = reverse("admin:network_map")
    staff.goto(url)
    assert staff.text("受けたが未登録", "Heard, not entered") in staff.page.inner_text("main tbody")
    assert "桜橋" in staff.page.locator("main tbody tr").first.inner_text()
    # Two lie on one another: that one of them is silent shows all the same.
    together = staff.page.locator("#network-map .marker-cluster")
    assert staff.text("止まっています 1", "Silent 1") in (together.get_attribute("aria-label") or "")
    assert together.locator(".marker-flag.tone-error svg").count() == 1
    assert staff.page.locator("#network-map .marker").count() == 1
    staff.look("network-map")
    staff.tab_to("#network-state")
    staff.page.locator("#network-state").select_option("never")
    staff.tap("form[role=search] button[type=submit]")
    assert staff.page.locator("main tbody tr").count() == 1
    staff.goto(url)
    staff.tap(f"a[href$='?gateway_id={STRAY}']")
    assert staff.page.locator("#id_gateway_id").input_value() == STRAY
    staff.look("network-enter")
