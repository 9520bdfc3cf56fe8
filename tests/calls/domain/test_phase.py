"""Phases of a review: they switch by date, never overlap, and tell what a change does at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEntry
from apps.calls.domain.phase import phase_remove, phase_save, phases_propose
from apps.calls.models import Call, ReviewPhase
from apps.calls.selectors.phases import active_phase, allowed_words, phases_of, scoring_phase, sealed
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.calls import CallFactory
from tests.factories.people import UserFactory
from tests.factories.review import ReviewAssignmentFactory, ReviewerFactory, ReviewPhaseFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def values(start: datetime, days: int = 3, **more: Any) -> dict[str, Any]:
    return {"name": "採点", "starts_at": start, "ends_at": start + days * DAY, **more}


@pytest.fixture
def call(cast: Cast) -> Call:
    row: Call = CallFactory.create()
    return row


def test_a_phase_begins_and_ends_by_the_clock_alone(call: Call, cast: Cast) -> None:
    now = clock.now()
    first = phase_save(call=call, actor=cast.staff, values=values(now + DAY))
    second = phase_save(call=call, actor=cast.staff, values=values(now + 4 * DAY, name="合議"))
    at = [active_phase(call, now + hours * timedelta(hours=1)) for hours in (0, 24, 95, 96, 97, 999)]
    assert at == [None, first, first, second, second, None]
    assert [row.stands for row in phases_of(call, now + 2 * DAY)] == ["now", "coming"]
    assert scoring_phase(call, now) == first
    assert AuditEntry.objects.filter(action="review_phase.create").count() == 2


def test_phases_never_overlap_and_the_refusal_names_the_other(call: Call, cast: Cast) -> None:
    now = clock.now()
    phase_save(call=call, actor=cast.staff, values=values(now, name="目隠し採点"))
    for start, field in ((now + 2 * DAY, "starts_at"), (now - 2 * DAY, "ends_at")):
        with pytest.raises(InvalidInput) as refused:
            phase_save(call=call, actor=cast.staff, values=values(start))
        assert "目隠し採点" in refused.value.fields[field][0]
    other = CallFactory.create()
    phase_save(call=other, actor=cast.staff, values=values(now))
    phase_save(call=call, actor=cast.staff, values=values(now + 3 * DAY))


def test_the_database_is_the_last_line(call: Call) -> None:
    row = ReviewPhaseFactory.create(call=call)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewPhaseFactory.create(
            call=call, starts_at=row.ends_at - timedelta(seconds=1), ends_at=row.ends_at + DAY
        )


@pytest.mark.parametrize("more", [{"name": ""}, {"ends_at": None}, {"see_scores": "maybe"}, {"days": -1}])
def test_what_cannot_be_is_refused_in_words(call: Call, cast: Cast, more: dict[str, Any]) -> None:
    days = more.pop("days", 3)
    with pytest.raises(InvalidInput) as refused:
        phase_save(call=call, actor=cast.staff, values={**values(clock.now(), days), **more})
    assert refused.value.fields


def test_only_the_city_plans(call: Call, cast: Cast) -> None:
    for actor in (cast.owner, cast.reviewer):
        with pytest.raises(NotAllowed):
            phase_save(call=call, actor=actor, values=values(clock.now()))
        with pytest.raises(NotAllowed):
            phases_propose(call=call, actor=actor)


def test_shortening_a_phase_under_way_says_what_it_does(call: Call, cast: Cast) -> None:
    row = ReviewPhaseFactory.create(call=call, sealed=True)
    reviewer = ReviewerFactory.create(call=call)
    ReviewAssignmentFactory.create(reviewer=reviewer, application__call=call)
    now, sooner = clock.now(), row.ends_at - 5 * DAY
    with pytest.raises(Conflict) as refused:
        phase_save(call=call, actor=cast.staff, phase=row, values={"ends_at": sooner}, now=now)
    assert refused.value.code == "unconfirmed"
    assert len(refused.value.data["told"]) == 2
    row.refresh_from_db()
    phase_save(call=call, actor=cast.staff, phase=row, values={"ends_at": sooner}, confirmed=True, now=now)
    row.refresh_from_db()
    assert row.ends_at == sooner
    # Longer, or another name, takes nothing from anyone.
    phase_save(call=call, actor=cast.staff, phase=row, values={"ends_at": row.ends_at + DAY, "name": "採点2"})
    with pytest.raises(Conflict) as refused:
        phase_save(call=call, actor=cast.staff, phase=row, values={"hide_applicant": False, "sealed": False})
    assert len(refused.value.data["told"]) == 2
    with pytest.raises(Conflict):
        phase_remove(phase=row, actor=cast.staff)
    phase_remove(phase=row, actor=cast.staff, confirmed=True)
    phase_remove(phase=row, actor=cast.staff, confirmed=True)
    assert not ReviewPhase.objects.filter(call=call).exists()


def test_a_phase_to_come_is_changed_without_asking(call: Call, cast: Cast) -> None:
    now = clock.now()
    row = ReviewPhaseFactory.create(call=call, starts_at=now + DAY, ends_at=now + 3 * DAY)
    phase_save(
        call=call, actor=cast.staff, phase=row, values={"ends_at": now + 2 * DAY, "hide_applicant": False}
    )
    phase_remove(phase=row, actor=cast.staff)


def test_what_another_changed_meanwhile_is_not_overwritten(call: Call, cast: Cast) -> None:
    row = ReviewPhaseFactory.create(call=call)
    seen = row.updated_at
    phase_save(call=call, actor=cast.staff, phase=row, seen=seen, values={"name": "先"})
    with pytest.raises(Conflict) as refused:
        phase_save(call=call, actor=cast.staff, phase=row, seen=seen, values={"name": "後"})
    assert refused.value.code == "changed"


def test_the_seal_holds_until_the_phase_has_ended(call: Call) -> None:
    row = ReviewPhaseFactory.create(call=call, sealed=True)
    assert sealed(call, row.starts_at - DAY)
    assert sealed(call, row.ends_at - timedelta(seconds=1))
    assert not sealed(call, row.ends_at)
    assert not sealed(CallFactory.create(), row.starts_at)
    assert len(allowed_words(row)) == 4


def test_a_pair_is_offered_once_and_fits_the_dates(call: Call, cast: Cast) -> None:
    pair = phases_propose(call=call, actor=cast.staff)
    assert [row.name_en for row in pair] == ["Blind scoring", "Deliberation"]
    assert pair[0].starts_at > call.last_moment
    assert pair[0].ends_at == pair[1].starts_at
    assert clock.local_date(pair[1].ends_at) == call.decision_on
    assert [row.hide_applicant for row in pair] == [True, True]
    assert [row.see_scores for row in pair] == ["never", "own"]
    assert phases_propose(call=call, actor=cast.staff) == pair
    late = CallFactory.create(decision_on=clock.local_date() + timedelta(days=21))
    with pytest.raises(Conflict) as refused:
        phases_propose(call=late, actor=cast.staff, now=clock.now() + timedelta(days=20))
    assert refused.value.code == "no_time"


@pytest.mark.django_db(transaction=True)
def test_two_staff_planning_at_once_make_one_pair() -> None:
    call = CallFactory.create()
    staff = UserFactory.create_batch(2, is_staff=True)
    at_once([lambda actor=actor: phases_propose(call=call, actor=actor) for actor in staff])
    assert ReviewPhase.objects.filter(call=call).count() == 2
    start = clock.now() + 90 * DAY
    results = at_once(
        [lambda actor=actor: phase_save(call=call, actor=actor, values=values(start)) for actor in staff]
    )
    assert sorted(isinstance(result, InvalidInput) for result in results) == [False, True]
