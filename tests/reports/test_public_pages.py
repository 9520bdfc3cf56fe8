from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.gis.geos import Point
from django.core.cache import caches
from django.test import Client

from apps.core import clock
from apps.reports.domain import report_publish
from apps.reports.enums import Outcome, ReportState
from apps.reports.models import Report
from apps.reports.selectors import outcome_counts
from apps.trials.enums import Precision
from apps.trials.models import Site
from tests.cast import Cast
from tests.factories.reports import ReportFactory
from tests.factories.trials import TrialFactory

ATOM = "{http://www.w3.org/2005/Atom}"
pytestmark = pytest.mark.django_db


def published(days: int = 0, **values: Any) -> Report:
    trial_values = {name[7:]: values.pop(name) for name in list(values) if name.startswith("trial__")}
    trial = TrialFactory.create(**trial_values)
    Site.objects.create(trial=trial, name="婦中町", point=Point(137.1462, 36.6531, srid=4326))
    moment = clock.now() - timedelta(days=days)
    report: Report = ReportFactory.create(trial=trial, published_at=moment, **values)
    return report


def titles(client: Client, address: str = "/reports/") -> list[str]:
    return [report.trial.title for report in client.get(address).context["reports"]]


def test_newest_first_whatever_came_out(client: Client) -> None:
    for days, outcome in ((3, "worked"), (1, "did_not"), (2, "stopped"), (0, "partly")):
        published(days, outcome=outcome, trial__title=outcome)
    assert titles(client) == ["partly", "did_not", "stopped", "worked"]
    for trick in ("?outcome=worked", "?sort=outcome", "?o=outcome", "?year=x", "?page=zz", "?page=99"):
        assert titles(client, f"/reports/{trick}") == ["partly", "did_not", "stopped", "worked"]


def test_only_published_reports_of_public_trials(client: Client) -> None:
    shown = published(trial__title="見える")
    for state in set(ReportState) - {ReportState.PUBLISHED}:
        published(state=state, trial__title="見えない")
    hidden = published(trial__title="見えない", trial__is_public=False)
    assert titles(client) == ["見える"]
    assert client.get(shown.get_absolute_url()).status_code == 200
    assert client.get(hidden.get_absolute_url()).status_code == 404
    for report in Report.objects.exclude(pk=shown.pk):
        assert client.get(f"/api/v1/reports/{report.trial.code}").status_code == 404
    assert [row["title"] for row in client.get("/api/v1/reports").json()["results"]] == ["見える"]
    assert "見えない" not in client.get("/reports/feed.atom").content.decode()


def test_four_counts_stand_side_by_side_even_when_zero(client: Client) -> None:
    published(outcome="did_not")
    expected = {"worked": 0, "partly": 0, "did_not": 1, "stopped": 0}
    assert client.get("/reports/").context["counts"] == expected
    assert list(outcome_counts()) == [outcome.value for outcome in Outcome]


def test_a_fiscal_year_is_the_only_choice(client: Client) -> None:
    published(trial__fiscal_year=2024, trial__title="二〇二四")
    published(trial__fiscal_year=2025, trial__title="二〇二五")
    page = client.get("/reports/?year=2024")
    assert [report.trial.title for report in page.context["reports"]] == ["二〇二四"]
    assert page.context["total"] == 1
    assert client.get("/reports/?year=2019").status_code == 200


def test_the_map_repeats_the_numbers_of_the_list(client: Client) -> None:
    for days in range(22):
        published(days)
    markers = client.get("/reports/?page=2").context["map_data"]["markers"]
    assert [marker["number"] for marker in markers] == [21, 22]
    text = client.get("/reports/?page=2").content.decode()
    assert 'data-marker="21"' in text
    assert text.index("data-map-list") < text.index('data-map="')


def test_a_hidden_place_is_not_on_the_map(client: Client) -> None:
    report = published()
    report.trial.sites.update(precision=Precision.HIDDEN)
    assert client.get("/reports/").context["map_data"] == {"markers": []}
    assert "婦中町" not in client.get(report.get_absolute_url()).content.decode()
    assert client.get("/api/v1/reports").json()["results"][0]["places"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_three(
    client: Client, django_assert_num_queries: Any, number: int
) -> None:
    for days in range(number):
        published(days)
    client.get("/healthz")
    client.get("/about/terms/")  # site settings are kept from here on
    with django_assert_num_queries(5):
        assert client.get("/reports/").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_api_list_asks_as_often_for_one_as_for_three(
    client: Client, django_assert_num_queries: Any, number: int
) -> None:
    for days in range(number):
        published(days)
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/reports").json()["results"]) == number


@pytest.mark.parametrize("number", [1, 3])
def test_the_feed_asks_as_often_for_one_as_for_three(
    client: Client, django_assert_num_queries: Any, number: int
) -> None:
    for days in range(number):
        published(days)
    client.get("/about/terms/")
    with django_assert_num_queries(2):
        client.get("/reports/feed.atom")


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_feed_is_well_formed(client: Client, prefix: str) -> None:
    report = published(outcome="did_not", summary="<b>だめ</b> & 学び", trial__title_en="Hearing a block")
    answer = client.get(f"{prefix}/reports/feed.atom")
    assert answer["Content-Type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == ("en" if prefix else "ja")
    for needed in ("id", "title", "updated"):
        assert root.findtext(f"{ATOM}{needed}")
    (entry,) = root.findall(f"{ATOM}entry")
    for needed in ("id", "title", "updated", "published", "summary"):
        assert entry.findtext(f"{ATOM}{needed}")
    assert entry.findtext(f"{ATOM}title") == ("Hearing a block" if prefix else report.trial.title)
    assert entry.findtext(f"{ATOM}summary", "").endswith("<b>だめ</b> & 学び")
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == report.trial.organization.name
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"http://testserver{prefix}/reports/{report.trial.code}/"


def test_an_empty_feed_is_well_formed(client: Client) -> None:
    assert ElementTree.fromstring(client.get("/reports/feed.atom").content).findall(f"{ATOM}entry") == []


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    "page", ["/reports/", "/reports/feed.atom", "/reports/{code}/", "/reports/{code}/slot/"]
)
def test_public_pages_are_kept_without_a_cookie(client: Client, prefix: str, page: str) -> None:
    report = published()
    address = prefix + page.format(code=report.trial.code)
    first = client.get(address)
    second = client.get(address)
    assert not first.cookies
    assert "csrfmiddlewaretoken" not in first.content.decode()
    assert second["ETag"] == first["ETag"]
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_publishing_makes_kept_pages_old(
    client: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    report = published(state=ReportState.SUBMITTED)
    assert client.get("/reports/").context["total"] == 0
    with django_capture_on_commit_callbacks(execute=True):
        report_publish(report=report, actor=cast.staff)
    assert caches["pages"].get("public-generation")
    assert client.get("/reports/").context["total"] == 1


def test_scripts_are_text(client: Client) -> None:
    bad = "<script>alert(1)</script>"
    report = published(summary=bad, learned=bad, trial__title=bad)
    for address in ("/reports/", report.get_absolute_url(), "/"):
        text = client.get(address).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_the_api_gives_a_whole_report(client: Client) -> None:
    report = published(did_not_work="・雨\n・雪")
    body = client.get(f"/api/v1/reports/{report.trial.code}").json()
    assert body["outcome"] == "did_not"
    assert body["did_not_work"] == ["雨", "雪"]
    assert body["places"][0]["mesh"]
    assert client.get("/api/v1/reports?fiscal_year=x").status_code == 422
    assert client.get("/api/v1/reports?fiscal_year=2019").json()["results"] == []


def test_the_trial_page_shows_its_report(client: Client) -> None:
    report = published(summary="分けられませんでした。")
    assert "分けられませんでした。" in client.get(f"/reports/{report.trial.code}/slot/").content.decode()
    assert client.get("/reports/2031-001/slot/").content.strip() == b""


def test_a_report_leads_to_the_public_trials_it_names(client: Client) -> None:
    TrialFactory.create(code="2026-015")
    TrialFactory.create(code="2026-016", is_public=False)
    report = published(next_step="続きは2026-015、2026-016、2031-001です。", trial__code="2025-007")
    assert [trial.code for trial in client.get(report.get_absolute_url()).context["shown"].named] == [
        "2026-015"
    ]
