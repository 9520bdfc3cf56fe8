"""A citizen finds a trial by the list alone: with the keyboard, without the map."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point

from apps.core import clock
from apps.trials.enums import TrialKind
from apps.trials.models import Milestone, Site, Trial
from tests.factories.organizations import OrganizationFactory
from tests.factories.reports import ReportFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Stage, Variant


def _trials() -> Trial:
    """Two pages of trials; the one that is looked for hides its place."""
    company = OrganizationFactory.create(name="くらし計測")
    for number in range(1, 25):
        trial = TrialFactory.create(
            code=f"2024-{number:03d}", fiscal_year=2024, title=f"駐輪場の空きを知らせる（{number}）",
            organization=company, themes=["living"], ends_on=clock.local_date() - timedelta(30),
            starts_on=clock.local_date() - timedelta(300),
        )  # fmt: skip
        Site.objects.create(trial=trial, name="富山駅前", point=Point(137.2131, 36.7013))
        if number % 3 == 0:
            ReportFactory.create(trial=trial)
    TrialFactory.create(code="2026-C01", fiscal_year=2026, kind=TrialKind.CITY, title="河川の水位を見守る")
    sought: Trial = TrialFactory.create(
        code="2025-031", organization=OrganizationFactory.create(name="白嶺センシング"), themes=["safety"],
        title="除雪した雪山の高さを測る", title_en="Measuring heaps of snow",
        summary="雪山の高さを、超音波で1時間ごとに測ります。", summary_en="Ultrasound, once an hour.",
        need="雪捨て場がいっぱいになる日を、前もって知りたい。", measure="目で見た高さと比べます。",
        learning="雪が音を吸う条件を残します。",
    )  # fmt: skip
    Site.objects.create(trial=sought, name="雪捨て場", point=Point(137.3, 36.6), precision="hidden")
    Milestone.objects.create(
        trial=sought, title="最初の雪の日に比べる", due_on=clock.local_date(), is_public=True
    )
    return sought


@pytest.mark.variants("phone-ja", "desktop-en")
def test_citizen_finds_a_trial_by_the_list_alone(stage: Stage, variant: Variant) -> None:
    sought = _trials()
    citizen = stage.person("citizen", variant)
    page = citizen.page
    citizen.goto("/trials/")
    citizen.look("citizen-list-and-map")
    # Only the list: no map is asked for any more.
    citizen.tab_to("a[href='?view=list']")
    citizen.enter()
    assert page.locator("[data-map]").count() == 0
    assert page.locator("ol.list-numbered > li").count() == 20
    citizen.look("citizen-list")
    # Two characters, Enter.
    citizen.write("q", "雪山")
    citizen.enter()
    assert page.locator("ol.list-numbered > li").count() == 1
    citizen.see("場所は公開していません。", "The place is not shown.")
    citizen.look("citizen-found")
    # A choice that leaves nothing says so, and leads back.
    citizen.tab_to("select[name=kind]")
    page.locator("select[name=kind]").press("ArrowDown")
    page.locator("select[name=kind]").press("ArrowDown")
    citizen.tab_to("form[role=search] button[type=submit]")
    citizen.enter()
    citizen.see("あてはまる実証がありません", "No trial matches")
    citizen.look("citizen-nothing")
    page.go_back()
    citizen.settle()
    citizen.tab_to(f"a[href$='/trials/{sought.code}/']")
    citizen.enter()
    citizen.see("雪捨て場がいっぱいになる日を、前もって知りたい。", "Ultrasound, once an hour.")
    citizen.see("最初の雪の日に比べる", "最初の雪の日に比べる")
    assert page.locator("[data-map]").count() == 0
    assert "雪捨て場\n" not in page.inner_text("main")
    citizen.look("citizen-trial")
    # The numbers, from the list.
    citizen.goto("/trials/")
    citizen.tab_to("a[href$='/trials/statistics/']")
    citizen.enter()
    citizen.see("数字で見る応募と採択", "Applications and adoptions in numbers")
    citizen.look("citizen-numbers")
