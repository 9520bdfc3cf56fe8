"""Until when a report is due: told to the company, and to staff once the day is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.core import clock
from apps.reports.enums import ReportState
from apps.reports.selectors import overdue_reports
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.reports import ReportFactory
from tests.factories.trials import TrialFactory
from tests.trials.test_pages import signed_in


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_staff_see_a_report_that_is_overdue(days: int, cast: Cast) -> None:
    due = clock.local_date() + timedelta(days=days)
    TrialFactory.create(code="2025-101", report_due_on=due)
    TrialFactory.create(code="2025-102")
    found = overdue_reports(cast.staff)
    assert [item.due for item in found] == ([due] if days < 0 else [])
    assert overdue_reports(cast.owner) == []


@pytest.mark.parametrize(
    ("state", "overdue"),
    [
        (ReportState.DRAFT, True),
        (ReportState.RETURNED, True),
        (ReportState.SUBMITTED, False),
        (ReportState.PUBLISHED, False),
    ],
)
def test_what_was_handed_in_is_not_overdue(state: ReportState, overdue: bool, cast: Cast) -> None:
    trial = TrialFactory.create(report_due_on=clock.local_date() - timedelta(days=3))
    ReportFactory.create(trial=trial, state=state)
    assert bool(overdue_reports(cast.staff)) == overdue


def test_the_company_reads_until_when(cast: Cast) -> None:
    trial: Trial = TrialFactory.create(organization=cast.organization, report_due_on="2027-07-30")
    url = reverse("reports:report-workspace-slot", args=[cast.organization.pk, trial.code])
    assert "2027年7月30日" in signed_in(cast.owner).get(url).content.decode()
