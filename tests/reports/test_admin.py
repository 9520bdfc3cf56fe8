from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.registry import work_queue
from apps.outbox.models import Message
from apps.reports.enums import ReportState
from apps.reports.models import Report
from tests.cast import Cast
from tests.factories.reports import ReportFactory
from tests.factories.trials import TrialFactory


@pytest.fixture
def report(cast: Cast) -> Report:
    trial = TrialFactory.create(organization=cast.organization)
    submitted: Report = ReportFactory.create(trial=trial, state=ReportState.SUBMITTED, published_at=None)
    return submitted


@pytest.fixture
def staff(client: Client, cast: Cast) -> Client:
    client.force_login(cast.staff)
    return client


def test_the_queue_names_what_waits(cast: Cast, report: Report) -> None:
    items = [item for item in work_queue(cast.staff) if item.url.endswith(f"{report.pk}/change/")]
    found = [(item.title, item.mail_count) for item in items]
    assert found == [(f"{report.trial.code} {report.trial.title}", 1)]
    assert work_queue(cast.owner) == []


def test_staff_see_it_as_everyone_will_and_who_gets_mail(staff: Client, cast: Cast, report: Report) -> None:
    text = staff.get(reverse("admin:reports_report_change", args=[report.pk])).content.decode()
    assert report.summary in text
    assert cast.owner.email in text
    assert "メール1通" in text


def test_publish(staff: Client, cast: Cast, report: Report) -> None:
    answer = staff.post(reverse("admin:reports_report_publish", args=[report.pk]), follow=True)
    report.refresh_from_db()
    assert report.state == ReportState.PUBLISHED
    assert "メール1通" in answer.content.decode()
    again = staff.post(reverse("admin:reports_report_publish", args=[report.pk]), follow=True)
    assert again.status_code == 200
    assert Message.objects.count() == 1


def test_send_back(staff: Client, report: Report) -> None:
    address = reverse("admin:reports_report_return", args=[report.pk])
    assert staff.post(address, {"reason": ""}).status_code == 200
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED
    staff.post(address, {"reason": "期間を足してください。"})
    report.refresh_from_db()
    assert report.return_reason == "期間を足してください。"


@pytest.mark.parametrize("name", ["owner", "colleague", "reader", "stranger", "reviewer"])
def test_others_do_not_come_in(client: Client, cast: Cast, report: Report, name: str) -> None:
    client.force_login(getattr(cast, name))
    for page in ("change", "publish", "return"):
        client.post(reverse(f"admin:reports_report_{page}", args=[report.pk]), {"reason": "x"})
    report.refresh_from_db()
    assert report.state == ReportState.SUBMITTED


@pytest.mark.parametrize("number", [1, 3])
def test_the_change_list_asks_as_often_for_one_as_for_three(staff: Client, cast: Cast, number: int) -> None:
    for _index in range(number):
        ReportFactory.create(trial=TrialFactory.create(organization=cast.organization))
    staff.get(reverse("admin:reports_report_changelist"))
    with CaptureQueriesContext(connection) as seen:
        staff.get(reverse("admin:reports_report_changelist"))
    rows = [query for query in seen.captured_queries if "reports_report" in query["sql"]]
    assert len(rows) == 3
