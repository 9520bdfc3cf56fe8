"""The council's sheet: every trial of a year in one row, the same on screen, on paper and as a table."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pikepdf
import pytest
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.trials.enums import Degree, RiskState, TrialKind
from apps.trials.models import Milestone, Risk, Trial, TrialNote, TrialQuota
from apps.trials.selectors.council import elapsed
from tests.cast import Cast
from tests.factories.reports import DraftReportFactory
from tests.factories.trials import TrialFactory

SHEET = reverse("admin:trials_counciltrial_changelist")


@pytest.fixture
def staff(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.staff)
    return client


def risk(trial: Trial, actor: Any, **values: Any) -> Risk:
    return Risk.objects.create(**{
        "trial": trial, "title": "雪に埋もれる", "scope": "見回りの2人", "author": actor, **values,
    })  # fmt: skip


def codes(client: Client, query: str = "") -> list[str]:
    return [row.trial.code for row in client.get(f"{SHEET}?{query}").context["rows"]]


def test_filters_and_orders(staff: Client, cast: Cast) -> None:
    today = clock.local_date()
    first = TrialFactory.create(code="2025-001", themes=["safety"], ends_on=today + timedelta(90))
    second = TrialFactory.create(code="2025-002", is_public=False, ends_on=today + timedelta(10))
    own = TrialFactory.create(code="2025-C01", kind=TrialKind.CITY, ends_on=today + timedelta(50))
    TrialFactory.create(code="2024-001", fiscal_year=2024)
    risk(first, cast.owner)
    risk(own, cast.staff, likelihood=Degree.HIGH, effect=Degree.HIGH)
    risk(second, cast.owner, state=RiskState.CLOSED)
    Milestone.objects.create(trial=second, title="比べる", due_on=today - timedelta(1))
    Milestone.objects.create(trial=first, title="置く", due_on=today + timedelta(5))
    TrialNote.objects.create(trial=own, author=cast.staff, by_city=True, text="届きました")
    for query, found in {
        "": ["2025-001", "2025-002", "2025-C01"],
        "year=2024": ["2024-001"],
        "year=all": ["2024-001", "2025-001", "2025-002", "2025-C01"],
        "year=1": ["2025-001", "2025-002", "2025-C01"],
        "kind=city": ["2025-C01"],
        "theme=safety": ["2025-001"],
        "only=overdue": ["2025-002"],
        "only=risks": ["2025-001", "2025-C01"],
        "only=no_risks": ["2025-002"],
        "only=grave": ["2025-C01"],
        "state=stopped": [],
        "order=end": ["2025-002", "2025-C01", "2025-001"],
        "order=risk": ["2025-C01", "2025-001", "2025-002"],
        "order=step": ["2025-002", "2025-001", "2025-C01"],
        "order=note": ["2025-C01", "2025-001", "2025-002"],
        "order=x&only=y&state=z": ["2025-001", "2025-002", "2025-C01"],
    }.items():
        assert codes(staff, query) == found, query
        file = b"".join(staff.get(f"{reverse('admin:trials_counciltrial_csv')}?{query}")).decode("utf-8-sig")
        assert [row[0] for row in csv.reader(io.StringIO(file))][1:] == found, query


def test_what_is_overdue_and_what_the_network_gives(staff: Client, cast: Cast) -> None:
    today = clock.local_date()
    trial = TrialFactory.create(
        code="2025-001", starts_on=today - timedelta(99), ends_on=today - timedelta(40),
        report_due_on=today - timedelta(10),
    )  # fmt: skip
    TrialQuota.objects.filter(trial=trial, kind="devices").update(used=7)
    [row] = staff.get(SHEET).context["rows"]
    assert [line.split("（")[0] for line in row.overdue] == ["成果報告"]
    assert (row.devices.used, row.devices.granted, row.elapsed, row.days_left) == (7, 50, 100, 0)
    DraftReportFactory.create(trial=trial, state="submitted", submitted_at=clock.now())
    [row] = staff.get(SHEET).context["rows"]
    assert row.overdue == []
    assert "7 / 50" in staff.get(SHEET).content.decode()


def test_how_much_of_the_period_is_over() -> None:
    first, last = date(2026, 6, 1), date(2026, 6, 10)
    assert [elapsed(first, last, day) for day in (date(2026, 5, 31), first, date(2026, 6, 5), last)] == [
        0, 10, 50, 100,
    ]  # fmt: skip
    assert elapsed(first, last, date(2027, 1, 1)) == 100
    assert elapsed(first, first, first) == 100


def test_sixty_two_trials_with_long_words_fit_on_paper(staff: Client, cast: Cast) -> None:
    for number in range(62):
        trial = TrialFactory.create(
            code=f"2025-{number:03d}", organization=cast.organization, title="用水路のごみ詰まりを知る" * 10
        )
        if number % 8:
            continue
        risk(trial, cast.owner, title="落ち葉が触れる" * 20, scope="下流の水門" * 100)
        TrialNote.objects.create(trial=trial, author=cast.owner, text="<b>届いた</b>" * 60)
        Milestone.objects.create(trial=trial, title="比べる" * 30, due_on=clock.local_date())
    answer = staff.get(reverse("admin:trials_counciltrial_pdf"))
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as file:
        width, height = (float(file.pages[0].MediaBox[at]) for at in (2, 3))
        assert width > height
        assert len(file.pages) >= 6
        assert file.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in file.Root
        assert str(file.Root.Lang) == "ja"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_sheet_asks_the_same_number_of_queries(
    rows: int, staff: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    for _number in range(rows):
        trial = TrialFactory.create()
        risk(trial, cast.owner)
        TrialNote.objects.create(trial=trial, author=cast.owner, text="x")
        Milestone.objects.create(trial=trial, title="x", due_on=clock.local_date())
    path = reverse("admin:trials_counciltrial_csv")
    staff.get(path)
    with django_assert_num_queries(12):
        b"".join(staff.get(path))


def test_only_staff_see_it(cast: Cast) -> None:
    for name in ("owner", "reviewer", "stranger"):
        client = Client()
        client.force_login(getattr(cast, name))
        assert client.get(SHEET).status_code in (302, 403)
    helper = type(cast.staff).objects.create_user(email="helper@example.jp", is_staff=True)
    client = Client()
    client.force_login(helper)
    assert client.get(SHEET).status_code == 403
