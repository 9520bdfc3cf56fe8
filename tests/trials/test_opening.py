"""A trial opens with what the application, its decision and its call say; twice at once it is one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.calls.enums import ApplicationState
from apps.calls.models import Application
from apps.calls.rules.trial_period import trial_period
from apps.core import clock
from apps.trials.domain import trial_open
from apps.trials.models import Trial, TrialVersion
from apps.trials.rules import report_due_after
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.calls import ApplicationFactory, CallFactory

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def accepted(cast: Cast, **values: Any) -> Application:
    call = CallFactory.create(trial_from=date(2027, 1, 1), trial_until=date(2027, 6, 30), report_days=45)
    filled: dict[str, Any] = {
        "call": call,
        "code": "2026-015",
        "state": ApplicationState.ACCEPTED,
        "submitted_at": clock.now(),
        "organization": cast.organization,
        "created_by": cast.owner,
        "title": "用水路の水位",
        "need": "見回りに時間がかかる。\u202e",
        "measure": "回数で比べる。",
        "learning": "詰まり方がわかる。",
        "themes": ["water"],
        "conditions": "冬は除雪の邪魔にならない所に置くこと。",
    }
    return ApplicationFactory.create(**{**filled, **values})


def test_the_trial_takes_over_plan_themes_and_conditions(cast: Cast) -> None:
    trial = trial_open(application=accepted(cast), actor=cast.owner, now=NOW)
    assert (trial.need, trial.measure, trial.learning) == (
        "見回りに時間がかかる。",
        "回数で比べる。",
        "詰まり方がわかる。",
    )
    assert (trial.themes, trial.conditions) == (["water"], "冬は除雪の邪魔にならない所に置くこと。")
    assert trial.report_due_on == date(2027, 8, 14)
    assert trial.version == 1
    version = TrialVersion.objects.get()
    assert (version.number, version.made_by, version.made_at) == (1, cast.owner, NOW)
    assert version.snapshot["quotas"] == {"devices": 50, "messages": 5000}
    assert [row["role"] for row in version.snapshot["participants"]] == ["lead"]


@pytest.mark.parametrize(
    ("wish_from", "wish_until", "period"),
    [
        (None, None, (date(2027, 1, 1), date(2027, 6, 30))),
        (date(2027, 2, 1), date(2027, 4, 30), (date(2027, 2, 1), date(2027, 4, 30))),
        (date(2026, 12, 1), date(2027, 4, 30), (date(2027, 1, 1), date(2027, 4, 30))),
        (date(2027, 2, 1), date(2028, 4, 30), (date(2027, 2, 1), date(2027, 6, 30))),
        (date(2028, 2, 1), date(2028, 4, 30), (date(2027, 1, 1), date(2027, 6, 30))),
        (None, date(2027, 3, 31), (date(2027, 1, 1), date(2027, 3, 31))),
    ],
)
def test_the_wished_period_counts_within_the_calls(wish_from, wish_until, period) -> None:
    found = trial_period(
        wish_from=wish_from,
        wish_until=wish_until,
        call_from=date(2027, 1, 1),
        call_until=date(2027, 6, 30),
        today=date(2026, 11, 21),
    )
    assert found == period


def test_a_wish_that_is_over_at_acceptance_counts_as_none() -> None:
    found = trial_period(
        wish_from=date(2027, 1, 1),
        wish_until=date(2027, 2, 28),
        call_from=date(2027, 1, 1),
        call_until=date(2027, 6, 30),
        today=date(2027, 3, 5),
    )
    assert found == (date(2027, 1, 1), date(2027, 6, 30))


def test_the_report_is_due_as_long_after_the_end_as_before() -> None:
    due = report_due_after(due=date(2027, 7, 30), ended=date(2027, 6, 30), ends=date(2027, 8, 31))
    assert due == date(2027, 9, 30)
    assert report_due_after(due=None, ended=date(2027, 6, 30), ends=date(2027, 8, 31)) is None


@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_open_one_trial(cast: Cast) -> None:
    application = accepted(cast)
    found = at_once([lambda: trial_open(application=application, actor=cast.owner)] * 3)
    assert len({row.pk for row in found}) == 1
    assert Trial.objects.count() == TrialVersion.objects.count() == 1
