"""The public numbers: what was told counts, and nothing that is decided quietly."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call
from apps.core import clock, public_pages
from apps.organizations.enums import OrganizationKind
from apps.trials.enums import TrialKind
from tests.factories.calls import ApplicationFactory, CallFactory
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


def closed_call(year: int = 2026, **values: Any) -> Call:
    now = clock.now()
    dates = {"opens_at": now - timedelta(60), "closes_at": now - timedelta(30)}
    return CallFactory.create(fiscal_year=year, **{**dates, **values})


def application(call: Call, state: str, *, told: bool = False, **values: Any) -> Application:
    now = clock.now()
    row: Application = ApplicationFactory.create(
        call=call, state=state, submitted_at=now, decision_published_at=now if told else None, **values
    )
    return row


def everything(client: Client) -> tuple[Any, list[list[str]], Any]:
    public_pages.changed()
    page = client.get("/trials/statistics/").content.decode()
    file = client.get("/trials/statistics.csv").content.decode("utf-8-sig")
    return page, list(csv.reader(io.StringIO(file))), client.get("/api/v1/trials/statistics").json()


@pytest.mark.parametrize(
    "state",
    [
        ApplicationState.ADOPTED,
        ApplicationState.DECLINED,
        ApplicationState.WAITLISTED,
    ],
)
def test_a_decision_that_was_not_told_changes_no_number(state: str, client: Client) -> None:
    call = closed_call()
    rows = [application(call, ApplicationState.SUBMITTED, themes=["safety"]) for _number in range(3)]
    before = everything(client)
    Application.objects.filter(pk=rows[0].pk).update(
        state=state, decided_at=clock.now(), granted_devices=9, waitlist_rank=1
    )
    assert everything(client) == before
    Application.objects.filter(pk=rows[0].pk).update(decision_published_at=clock.now())
    changed = everything(client) != before
    assert changed == (state == ApplicationState.ADOPTED)


def test_applications_count_once_their_call_has_closed(client: Client) -> None:
    now = clock.now()
    call = closed_call(closes_at=now - timedelta(minutes=5), grace_minutes=10)
    application(call, ApplicationState.SUBMITTED)
    assert everything(client)[2]["applications"] == 0
    Call.objects.filter(pk=call.pk).update(grace_minutes=0)
    assert everything(client)[2]["applications"] == 1
    application(call, ApplicationState.DRAFT)
    application(call, ApplicationState.WITHDRAWN)
    assert everything(client)[2]["applications"] == 1


def test_numbers_by_year_theme_and_kind(client: Client) -> None:
    call = closed_call(2026)
    research = {"org_kind": OrganizationKind.RESEARCH, "themes": ["safety", "pride"]}
    application(call, ApplicationState.ACCEPTED, told=True, **research)
    application(call, ApplicationState.ADOPTED, told=True, org_kind="", themes=["safety"])
    application(call, ApplicationState.TURNED_DOWN, told=True, org_kind="sole", themes=[])
    application(call, ApplicationState.DECLINED, told=True, org_kind="sole", themes=["safety"])
    TrialFactory.create(code="2020-001", fiscal_year=2020)
    TrialFactory.create(code="2026-C01", fiscal_year=2026, kind=TrialKind.CITY, themes=["pride"])
    TrialFactory.create(code="2026-C02", fiscal_year=2026, kind=TrialKind.JOINT, is_public=False)
    page, table, api = everything(client)
    years = [
        (row["fiscal_year"], row["applications"], row["adopted"], row["cumulative"]) for row in api["years"]
    ]
    assert years == [(2026, 4, 2, 4), (2020, None, 1, 1)]
    assert (api["applications"], api["adopted"], api["cumulative"]) == (4, 3, 4)
    assert {row["code"]: (row["applications"], row["adopted"]) for row in api["themes"]} == {
        "safety": (3, 2), "pride": (1, 2),
    }  # fmt: skip
    kinds = {row["code"]: (row["applications"], row["adopted"]) for row in api["organization_kinds"]}
    assert kinds == {"corporation": (None, 1), "sole": (2, 0), "research": (1, 1), "": (1, 1)}
    assert ["年度別", "2026", "4", "2", "1", "0", "4"] in table
    assert ["年度別", "2020", "", "1", "0", "0", "1"] in table
    assert "2026年度（令和8年度）" in page
    assert "years-data" in page


def test_nothing_to_count_is_said(client: Client) -> None:
    page, table, api = everything(client)
    assert 'class="empty"' in page
    assert api["years"] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_the_numbers_take_the_same_queries(rows: int, django_assert_num_queries: Any) -> None:
    call = closed_call()
    for _number in range(rows):
        application(call, ApplicationState.ACCEPTED, told=True, themes=["safety"])
        TrialFactory.create(kind=TrialKind.CITY)
    client = Client()
    client.get("/healthz")
    public_pages.changed()
    with django_assert_num_queries(6):
        client.get("/trials/statistics/")
