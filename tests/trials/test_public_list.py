"""The public list: found by two characters, narrowed, taken away; never more than the public may know."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from apps.core import clock, public_pages
from apps.organizations.enums import OrganizationKind
from apps.trials.domain.indexing import trials_index
from apps.trials.enums import ParticipantRole, TrialKind, TrialState
from apps.trials.models import Participant, Site, Trial, TrialSearch
from apps.trials.selectors.listing import with_phase
from tests.factories.organizations import OrganizationFactory
from tests.factories.reports import DraftReportFactory, ReportFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def codes(client: Client, query: str) -> list[str]:
    """What the list shows, read anew: a page is kept until someone says that it is old."""
    public_pages.changed()
    return [row.trial.code for row in client.get(f"/trials/?{query}").context["rows"]]


def api_codes(client: Client, query: str) -> list[str]:
    return [row["code"] for row in client.get(f"/api/v1/trials?{query}").json()["results"]]


def test_two_characters_find_title_company_place_and_plan(client: Client) -> None:
    company = OrganizationFactory.create(name="白嶺センシング")
    canal = TrialFactory.create(code="2025-001", title="用水路のごみ詰まりを知る", need="見回りに半日かかる")
    snow = TrialFactory.create(code="2025-002", title="ＬｏＲａで積雪を測る", organization=company)
    Site.objects.create(trial=canal, name="岩瀬", point=Point(137.2, 36.7))
    Site.objects.create(trial=snow, name="秘密の沢", point=Point(137.3, 36.6), precision="hidden")
    for query, found in {
        "用水": ["2025-001"], "水路 岩瀬": ["2025-001"], "半日": ["2025-001"], "白嶺": ["2025-002"],
        "lora": ["2025-002"], "2025-00": ["2025-002", "2025-001"], "積": ["2025-002"],
        "秘密": [], "水用": [], "用水 白嶺": [],
    }.items():  # fmt: skip
        assert codes(client, f"q={query}") == found, query
        assert api_codes(client, f"q={query}") == found, query


def test_the_words_follow_every_change(client: Client) -> None:
    trial = TrialFactory.create(code="2025-001")
    site = Site.objects.create(trial=trial, name="八尾", point=Point(137.2, 36.6))
    partner = OrganizationFactory.create(name="おわら保存会")
    Participant.objects.create(trial=trial, organization=partner, role=ParticipantRole.PARTNER)
    assert codes(client, "q=八尾") == codes(client, "q=おわら") == ["2025-001"]
    site.precision = "hidden"
    site.save()
    partner.name = "風の盆会"
    partner.save()
    assert codes(client, "q=八尾") == codes(client, "q=おわら") == []
    assert codes(client, "q=風の") == ["2025-001"]
    trial.delete()
    assert not TrialSearch.objects.exists()


def test_each_filter_narrows_page_csv_map_and_api_alike(client: Client) -> None:
    today = clock.local_date()
    research = OrganizationFactory.create(kind=OrganizationKind.RESEARCH)
    TrialFactory.create(code="2024-001", fiscal_year=2024, themes=["safety"], starts_on=today + timedelta(3))
    TrialFactory.create(code="2025-001", themes=["pride", "safety"], organization=research)
    TrialFactory.create(code="2025-C01", kind=TrialKind.CITY, state=TrialState.STOPPED)
    TrialFactory.create(code="2025-C02", kind=TrialKind.JOINT, is_public=False)
    for query, asked, found in (
        ("theme=safety", "theme=safety", ["2025-001", "2024-001"]),
        ("kind=city", "kind=city", ["2025-C01"]),
        ("kind=joint", "kind=joint", []),
        ("org=research", "organization_kind=research", ["2025-001"]),
        ("state=upcoming", "phase=upcoming", ["2024-001"]),
        ("state=stopped", "phase=stopped", ["2025-C01"]),
        ("year=2024", "fiscal_year=2024", ["2024-001"]),
        ("theme=safety&year=2025", "theme=safety&fiscal_year=2025", ["2025-001"]),
    ):
        assert codes(client, query) == found, query
        assert api_codes(client, asked) == found, query
        rows = list(
            csv.reader(io.StringIO(client.get(f"/trials/list.csv?{query}").content.decode("utf-8-sig")))
        )
        assert [row[1] for row in rows[1:]] == found, query
        features = client.get(f"/trials/map.geojson?{query}").json()["features"]
        assert [feature["properties"]["code"] for feature in features] == found, query
    for query in ("theme=nothing", "kind=x", "org=x", "state=x", "year=1"):
        assert len(codes(client, query)) == 3
    for query in ("theme=nothing", "kind=x", "organization_kind=x", "phase=x", "fiscal_year=1"):
        assert client.get(f"/api/v1/trials?{query}").status_code == 422


def test_the_database_and_the_model_say_the_same_of_where_a_trial_stands() -> None:
    today = clock.local_date()
    days: list[Any] = [None, today - timedelta(1), today, today + timedelta(1)]
    spans = [(-9, -1), (-9, 0), (0, 0), (0, 9), (1, 9)]
    for number, (state, day, (first, last)) in enumerate(product(TrialState, days, spans)):
        TrialFactory.create(
            code=f"2025-{number:04d}", state=state, paused_on=day, stopped_on=day,
            starts_on=today + timedelta(first), ends_on=today + timedelta(last),
        )  # fmt: skip
    for trial in with_phase(Trial.objects.all()):
        assert trial.phase_now == trial.phase().value, (trial.state, trial.paused_on, trial.starts_on)


def test_a_hidden_place_stands_in_the_list_with_words_and_nowhere_else(client: Client) -> None:
    trial = TrialFactory.create(code="2025-001")
    Site.objects.create(trial=trial, name="秘密の沢", point=Point(137.33333, 36.66666), precision="hidden")
    for path in ("/trials/", "/trials/2025-001/", "/trials/list.csv", "/trials/map.geojson",
                 "/api/v1/trials", "/api/v1/trials/2025-001"):  # fmt: skip
        text = client.get(path).content.decode()
        assert "秘密" not in text, path
        assert "137.33" not in text, path
    assert "場所は公開していません。" in client.get("/trials/").content.decode()
    [feature] = client.get("/trials/map.geojson").json()["features"]
    assert feature["geometry"] is None


def test_the_outcome_shows_once_its_report_is_published(client: Client) -> None:
    trial = TrialFactory.create(code="2025-001", title="用水路")
    Site.objects.create(trial=trial, name="橋", point=Point(137.2, 36.7))
    report = DraftReportFactory.create(trial=trial)
    text = client.get("/trials/").content.decode()
    assert "うまくいかなかった" not in text
    assert client.get("/api/v1/trials/2025-001").json()["outcome"] is None
    report.delete()
    ReportFactory.create(trial=trial)
    answer = client.get("/trials/?x=1")
    assert "うまくいかなかった" in answer.content.decode()
    assert [(row["family"], row["state"]) for row in answer.context["map_data"]["markers"]] == [
        ("outcome", "did_not")
    ]
    assert client.get("/api/v1/trials/2025-001").json()["outcome"] == "did_not"


def test_nothing_found_says_what_to_do_and_keeps_the_words(client: Client) -> None:
    TrialFactory.create()
    text = client.get("/trials/?q=ぞう&state=running").content.decode()
    assert 'class="empty"' in text
    assert 'value="ぞう"' in text
    assert 'value="running" selected' in text


def test_files_are_kept_without_cookies_and_formulas_are_text(client: Client) -> None:
    TrialFactory.create(title="=HYPERLINK(1)")
    for path in ("/trials/", "/trials/list.csv", "/trials/map.geojson", "/trials/statistics/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not answer.cookies
        assert "s-maxage" in answer["Cache-Control"], path
    assert "'=HYPERLINK" in client.get("/trials/list.csv").content.decode()


def test_five_hundred_trials_are_searched_and_taken_in_as_many_queries_as_one(
    django_assert_num_queries: Any,
) -> None:
    trial = TrialFactory.create(code="2024-000", fiscal_year=2024)
    made = Trial.objects.bulk_create(
        Trial(
            code=f"2024-{number:03d}", organization=trial.organization, fiscal_year=2024,
            title=f"用水路の実証 {number}", themes=["safety"],
            starts_on=trial.starts_on, ends_on=trial.ends_on,
        )
        for number in range(1, 501)
    )  # fmt: skip
    trials_index(trials=made)
    Site.objects.bulk_create(Site(trial=row, name="橋", point=Point(137.2, 36.7)) for row in made)
    client = Client()
    client.get("/healthz")
    with django_assert_num_queries(8):
        assert client.get("/trials/?q=用水&page=25").context["page"].paginator.count == 501
    with django_assert_num_queries(6):
        found = client.get("/trials/map.geojson?q=用水路")
    assert len(json.loads(found.content)["features"]) == 501
