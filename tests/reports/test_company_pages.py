from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.reports.enums import ReportState
from apps.reports.models import Report
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Trial
from tests.cast import Cast
from tests.factories.reports import DraftReportFactory, ReportFactory
from tests.factories.trials import TrialFactory


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-007")


def address(cast: Cast, name: str = "report-edit", organization: Any = None) -> str:
    return reverse(f"reports:{name}", args=[(organization or cast.organization).pk, "2025-007"])


def signed_in(client: Client, cast: Cast, name: str) -> Client:
    client.force_login(getattr(cast, name))
    return client


EDIT = {"owner": 200, "colleague": 200, "reader": 403, "stranger": 404, "reviewer": 404, "staff": 403}
LOOK = {"owner": 200, "colleague": 200, "reader": 200, "stranger": 404, "reviewer": 404, "staff": 200}


@pytest.mark.parametrize(("name", "status"), EDIT.items())
def test_who_may_write(client: Client, cast: Cast, trial: Trial, name: str, status: int) -> None:
    DraftReportFactory.create(trial=trial)
    client = signed_in(client, cast, name)
    assert client.get(address(cast)).status_code == status
    assert client.post(address(cast, "report-hand-in")).status_code == (302 if status == 200 else status)
    state = ReportState.SUBMITTED if status == 200 else ReportState.DRAFT
    assert Report.objects.get().state == state


@pytest.mark.parametrize("page", ["report-check", "report-workspace-slot"])
@pytest.mark.parametrize(("name", "status"), LOOK.items())
def test_who_may_look(client: Client, cast: Cast, trial: Trial, page: str, name: str, status: int) -> None:
    DraftReportFactory.create(trial=trial)
    assert signed_in(client, cast, name).get(address(cast, page)).status_code == status


@pytest.mark.parametrize("page", ["report-edit", "report-check", "report-workspace-slot"])
def test_nobody_is_sent_to_sign_in(client: Client, cast: Cast, trial: Trial, page: str) -> None:
    answer = client.get(address(cast, page))
    assert answer.status_code == 302
    assert "/account/" in answer["Location"]


def test_a_partner_reads_and_does_not_write(client: Client, cast: Cast, trial: Trial) -> None:
    Participant.objects.create(
        trial=trial, organization=cast.other, role=ParticipantRole.PARTNER, access=Access.MANAGE
    )
    DraftReportFactory.create(trial=trial)
    client = signed_in(client, cast, "stranger")
    assert client.get(address(cast, "report-check", cast.other)).status_code == 200
    assert client.get(address(cast, "report-edit", cast.other)).status_code == 403


def test_from_nothing_to_handed_in(client: Client, cast: Cast, trial: Trial) -> None:
    client = signed_in(client, cast, "owner")
    assert client.get(address(cast, "report-check"))["Location"] == address(cast)
    page = client.get(address(cast))
    assert not Report.objects.exists()
    values = {
        **page.context["form"].initial,
        "outcome": "did_not",
        "summary": "だめでした。",
        "then": "check",
    }
    assert client.post(address(cast), values)["Location"] == address(cast, "report-check")
    page = client.get(address(cast, "report-check"))
    assert [problem["field"] for problem in page.context["problems"]] == ["learned"]
    assert address(cast, "report-hand-in") not in page.content.decode()
    values = {"version": 1, "outcome": "did_not", "summary": "だめでした。", "learned": "次は水位差。"}
    assert client.post(address(cast), {**values, "then": "edit"})["Location"] == address(cast)
    assert address(cast, "report-hand-in") in client.get(address(cast, "report-check")).content.decode()
    client.post(address(cast, "report-hand-in"))
    assert Report.objects.get().state == ReportState.SUBMITTED
    assert client.get(address(cast))["Location"] == address(cast, "report-check")
    client.post(address(cast, "report-hand-in"))
    assert Report.objects.get().state == ReportState.SUBMITTED


def test_handing_in_too_early_says_so(client: Client, cast: Cast, trial: Trial) -> None:
    DraftReportFactory.create(trial=trial, learned="")
    answer = signed_in(client, cast, "owner").post(address(cast, "report-hand-in"), follow=True)
    assert "まだ提出できません" in answer.content.decode()
    assert Report.objects.get().state == ReportState.DRAFT


def test_nothing_typed_is_lost_when_someone_else_saved(client: Client, cast: Cast, trial: Trial) -> None:
    DraftReportFactory.create(trial=trial, version=4, summary="先の人")
    client = signed_in(client, cast, "owner")
    answer = client.post(address(cast), {"version": 3, "summary": "後の人", "learned": "学び"})
    assert answer.status_code == 200
    assert "後の人" in answer.content.decode()
    assert answer.context["form"]["version"].value() == "4"
    client.post(address(cast), {"version": 4, "summary": "後の人", "learned": "学び"})
    assert Report.objects.get().summary == "後の人"


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_an_odd_version_is_no_500(client: Client, cast: Cast, trial: Trial, version: str) -> None:
    answer = signed_in(client, cast, "owner").post(address(cast), {"version": version, "summary": "残る"})
    assert answer.status_code == 200
    assert "残る" in answer.content.decode()


def test_a_very_long_text_is_refused_beside_its_field(client: Client, cast: Cast, trial: Trial) -> None:
    text = "あ" * 20_001
    answer = signed_in(client, cast, "owner").post(address(cast), {"version": 0, "learned": text})
    assert answer.context["form"].errors["learned"]
    assert text in answer.content.decode()


def test_scripts_are_text(client: Client, cast: Cast, trial: Trial) -> None:
    DraftReportFactory.create(
        trial=trial, summary="<script>alert(1)</script>", learned="<img src=x onerror=1>"
    )
    text = signed_in(client, cast, "owner").get(address(cast, "report-check")).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<img src=x" not in text


def test_the_reason_stands_above_a_report_that_was_sent_back(
    client: Client, cast: Cast, trial: Trial
) -> None:
    DraftReportFactory.create(trial=trial, state=ReportState.RETURNED, return_reason="期間を足してください。")
    client = signed_in(client, cast, "owner")
    for page in ("report-edit", "report-check", "report-workspace-slot"):
        assert "期間を足してください。" in client.get(address(cast, page)).content.decode()


def test_the_workspace_says_where_the_report_stands(client: Client, cast: Cast, trial: Trial) -> None:
    client = signed_in(client, cast, "owner")
    slot = address(cast, "report-workspace-slot")
    assert address(cast) in client.get(slot).content.decode()
    ReportFactory.create(trial=trial)
    assert "/reports/2025-007/" in client.get(slot).content.decode()
