"""Who reviews what: by hand, evenly, two at once; and the mails that tell and remind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain.assigning import assignments_change, assignments_evenly
from apps.calls.domain.attending import reviewer_seen
from apps.calls.domain.reminding import reviewers_remind, reviewers_tell
from apps.calls.enums import ApplicationState, ConflictGround, ConflictKind, ConflictSource
from apps.calls.models import Application, Call, ReviewAssignment, ReviewConflict, Reviewer
from apps.calls.selectors.assigning import WANTED, even_plan
from apps.calls.selectors.progress import REVIEWED, progress_of
from apps.calls.selectors.review_queue import tally_of, waiting_reviews
from apps.core import clock
from apps.core.errors import Conflict, DomainError, InvalidInput, NotAllowed
from apps.outbox.models import Message
from tests.cast import Cast
from tests.concurrency import at_once
from tests.factories.people import UserFactory
from tests.factories.review import (
    InvitedReviewerFactory,
    ReviewAssignmentFactory,
    ReviewerFactory,
    ReviewFactory,
    ReviewPhaseFactory,
    review_call,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(cast: Cast) -> Call:
    return review_call()


def people(call: Call, count: int, **values: Any) -> list[Reviewer]:
    return [ReviewerFactory.create(call=call, **values) for _n in range(count)]


def rows(call: Call, count: int, **values: Any) -> list[Application]:
    return [submitted(call, org_name=f"会社{n}", corporate_number="", **values) for n in range(count)]


def standing(call: Call) -> int:
    return ReviewAssignment.objects.present().filter(application__call=call).count()


def hard(reviewer: Reviewer, application: Application, **values: Any) -> ReviewConflict:
    given = {"kind": ConflictKind.HARD, "source": ConflictSource.DECLARED, "ground": ConflictGround.WORDS}
    return ReviewConflict.objects.create(reviewer=reviewer, application=application, **{**given, **values})


def test_giving_twice_is_giving_once_and_is_recorded(call: Call, cast: Cast) -> None:
    [one], [other] = people(call, 1), rows(call, 1)
    for added in (1, 0):
        done = assignments_change(call=call, actor=cast.staff, add=[(one.pk, other.pk)])
        assert (done.added, done.removed) == (added, 0)
    assert standing(call) == 1
    assert ReviewAssignment.objects.get().assigned_by == cast.staff
    assert AuditEntry.objects.filter(action="review.assign").count() == 1
    assert not Message.objects.exists()


def test_only_the_city_gives(call: Call, cast: Cast) -> None:
    [one], [other] = people(call, 1), rows(call, 1)
    for actor in (cast.owner, cast.reviewer):
        with pytest.raises(NotAllowed):
            assignments_change(call=call, actor=actor, add=[(one.pk, other.pk)])
        with pytest.raises(NotAllowed):
            reviewers_tell(call=call, actor=actor, reviewers=[one.pk])


@pytest.mark.parametrize("case", ["hard", "withdrawn", "draft", "another", "invited", "removed", "declined"])
def test_what_cannot_be_given_is_refused_and_nothing_is_changed(call: Call, cast: Cast, case: str) -> None:
    [one, fine], [other, good] = people(call, 2), rows(call, 2)
    if case == "hard":
        hard(one, other)
    elif case in ("withdrawn", "draft"):
        Application.objects.filter(pk=other.pk).update(state=case)
    elif case == "another":
        other = submitted(review_call())
    elif case == "invited":
        one = InvitedReviewerFactory.create(call=call)
    elif case == "declined":
        Reviewer.objects.filter(pk=one.pk).update(state="declined")
    else:
        Reviewer.objects.filter(pk=one.pk).update(removed_at=clock.now())
    with pytest.raises(Conflict) as refused:
        assignments_change(call=call, actor=cast.staff, add=[(fine.pk, good.pk), (one.pk, other.pk)])
    assert refused.value.code == ("interest" if case == "hard" else "gone")
    assert standing(call) == 0


def test_taking_a_review_away_asks_and_keeps_it(call: Call, cast: Cast) -> None:
    row = ReviewAssignmentFactory.create(application__call=call)
    review = ReviewFactory.create(assignment=row)
    free = ReviewAssignmentFactory.create(application__call=call, reviewer=row.reviewer)
    pairs = [(row.reviewer_id, row.application_id), (free.reviewer_id, free.application_id)]
    with pytest.raises(Conflict) as refused:
        assignments_change(call=call, actor=cast.staff, remove=pairs)
    assert refused.value.code == "reviewed"
    assert refused.value.data["pairs"] == [pairs[0]]
    assert standing(call) == 2
    done = assignments_change(
        call=call, actor=cast.staff, remove=pairs, confirmed=True, reason="担当を替える"
    )
    assert done.removed == 2
    review.refresh_from_db()
    row.refresh_from_db()
    assert row.removed_reason == "担当を替える"
    assert progress_of(call).assigned == 0
    # Given again: the same review counts again.
    assignments_change(call=call, actor=cast.staff, add=[pairs[0]])
    row.refresh_from_db()
    assert row.removed_at is None
    assert progress_of(call).done == 1


def test_the_even_distribution_does_what_was_looked_at(call: Call, cast: Cast) -> None:
    people(call, 4)
    rows(call, 6)
    plan = even_plan(call, 3)
    assert len(plan.pairs) == 18
    assert standing(call) == 0, "a preview changes nothing"
    with pytest.raises(Conflict) as refused:
        assignments_evenly(call=call, actor=cast.staff, wanted=2, fingerprint=plan.plan.fingerprint)
    assert refused.value.code == "changed"
    assignments_evenly(call=call, actor=cast.staff, wanted=3, fingerprint=plan.plan.fingerprint)
    assert standing(call) == 18
    assert {row.assigned for row in progress_of(call).applications} == {3}
    assert sorted(row.assigned for row in progress_of(call).reviewers) == [4, 4, 5, 5]
    again = even_plan(call, 3)
    assert not again.pairs
    with pytest.raises(InvalidInput):
        assignments_evenly(call=call, actor=cast.staff, wanted=99, fingerprint="")


def test_conflicts_themes_limits_and_what_stands_are_respected(call: Call, cast: Cast) -> None:
    river, full, tied = (
        ReviewerFactory.create(call=call, themes=["river"]),
        ReviewerFactory.create(call=call, load_limit=1),
        ReviewerFactory.create(call=call),
    )
    first, second = rows(call, 2, themes=["river"])
    ReviewAssignmentFactory.create(reviewer=full, application=first)
    hard(tied, first)
    plan = even_plan(call, 2)
    assert set(plan.pairs) == {(river.pk, first.pk), (river.pk, second.pk), (tied.pk, second.pk)}
    assert not plan.short
    [short] = [row for row in even_plan(call, 3).short if row.application == first]
    assert (short.short.missing, short.short.conflicts, short.short.full) == (1, 1, 0)


def test_a_conflict_that_is_found_by_itself_counts_as_one(call: Call, cast: Cast) -> None:
    """A reviewer who belongs to the applicant: nobody wrote it down."""
    one = ReviewerFactory.create(call=call, user=cast.colleague)
    own = submitted(call, organization=cast.organization, created_by=cast.owner)
    assert not even_plan(call, 1).pairs
    with pytest.raises(Conflict) as refused:
        assignments_change(call=call, actor=cast.staff, add=[(one.pk, own.pk)])
    assert refused.value.code == "interest"


def test_a_withdrawn_application_and_a_removed_reviewer_leave_the_lists(call: Call, cast: Cast) -> None:
    one, other = people(call, 2)
    gone, stays = rows(call, 2)
    for reviewer in (one, other):
        for row in (gone, stays):
            ReviewAssignmentFactory.create(reviewer=reviewer, application=row)
    Application.objects.filter(pk=gone.pk).update(state=ApplicationState.WITHDRAWN)
    progress = progress_of(call)
    assert [row.code for row in progress.applications] == [stays.code]
    assert [row.assigned for row in progress.reviewers] == [1, 1]
    Reviewer.objects.filter(pk=one.pk).update(removed_at=clock.now())
    progress = progress_of(call)
    assert [row.reviewer for row in progress.reviewers] == [other]
    assert progress.applications[0].assigned == 1
    same_numbers(call)


def test_the_steps_of_each_reviewer_are_counted(call: Call) -> None:
    [one] = people(call, 1)
    read, begun, done, anew, tied, undeclared = rows(call, 6)
    for row in (read, begun, done, anew, tied):
        made = ReviewAssignmentFactory.create(reviewer=one, application=row)
        if row in (begun, done, anew):
            ReviewFactory.create(assignment=made, handed_in_at=None if row == begun else clock.now())
    ReviewAssignmentFactory.create(reviewer=one, application=undeclared, declared_at=None)
    Application.objects.filter(pk=anew.pk).update(revision=2)
    hard(one, tied, source=ConflictSource.RECUSED)
    [found] = progress_of(call).reviewers
    assert (found.assigned, found.declared, found.begun, found.done, found.left, found.recused) == (
        5,
        4,
        2,
        1,
        4,
        1,
    )
    same_numbers(call)


def same_numbers(call: Call) -> None:
    """The database counts for the work queue what the page of the progress counts."""
    progress, tally = progress_of(call), tally_of(call)
    rows = [row for row in progress.applications if row.state in REVIEWED]
    assert tally.applications == len(rows)
    assert tally.left == progress.left
    assert tally.short == len(progress.short_of(WANTED))
    assert tally.complete == sum(row.is_complete for row in rows)


def told(call: Call, now: datetime | None = None) -> list[Any]:
    return [row.reviewer.pk for row in progress_of(call, now).told_next]


def test_reviewers_are_told_once_of_what_is_new(call: Call, cast: Cast) -> None:
    one, other = ReviewerFactory.create(call=call), ReviewerFactory.create(call=call, language="en")
    first, second = rows(call, 2)
    for row in (first, second):
        assignments_change(call=call, actor=cast.staff, add=[(one.pk, row.pk), (other.pk, row.pk)])
    assert not Message.objects.exists()
    seen = told(call)
    assert reviewers_tell(call=call, actor=cast.staff, reviewers=seen) == 2
    japanese, english = (Message.objects.get(to_email=row.email) for row in (one, other))
    assert "2件" in japanese.subject
    assert "2 applications" in english.subject
    for mail in (japanese, english):
        assert first.org_name not in mail.body
        assert first.code not in mail.body
    with pytest.raises(Conflict) as refused:
        reviewers_tell(call=call, actor=cast.staff, reviewers=seen)
    assert refused.value.code == "changed"
    assert Message.objects.count() == 2
    assignments_change(call=call, actor=cast.staff, add=[(one.pk, rows(call, 1)[0].pk)])
    assert told(call) == [one.pk]


def test_nobody_is_reminded_twice_within_a_day_or_with_nothing_left(call: Call, cast: Cast) -> None:
    busy, done = people(call, 2)
    [row] = rows(call, 1)
    ReviewAssignmentFactory.create(reviewer=busy, application=row)
    ReviewFactory.create(assignment=ReviewAssignmentFactory.create(reviewer=done, application=row))
    now = clock.now()
    assert [one.reviewer for one in progress_of(call, now).reminded_next] == [busy]
    with pytest.raises(Conflict):
        reviewers_remind(call=call, actor=cast.staff, reviewers=[busy.pk, done.pk], now=now)
    assert reviewers_remind(call=call, actor=cast.staff, reviewers=[busy.pk], now=now) == 1
    for hours, count in ((0, 0), (23, 0), (25, 1)):
        assert len(progress_of(call, now + timedelta(hours=hours)).reminded_next) == count
    with pytest.raises(Conflict):
        reviewers_remind(call=call, actor=cast.staff, reviewers=[busy.pk], now=now + timedelta(hours=23))
    assert Message.objects.count() == 1


def test_when_a_reviewer_was_last_there_is_kept_now_and_then(call: Call) -> None:
    one = ReviewerFactory.create(call=call)
    left = ReviewerFactory.create(call=call, user=None, email="x@example.jp")
    now = clock.now()
    for minutes, kept in ((0, 0), (4, 0), (5, 5)):
        reviewer_seen(user=one.user, now=now + timedelta(minutes=minutes))
        one.refresh_from_db()
        assert one.seen_at == now + timedelta(minutes=kept)
    left.refresh_from_db()
    assert left.seen_at is None


def test_without_a_phase_nobody_is_written_to(cast: Cast) -> None:
    row = ReviewAssignmentFactory.create()
    call = row.application.call
    assert not progress_of(call).reminded_next
    with pytest.raises(Conflict) as refused:
        reviewers_tell(call=call, actor=cast.staff, reviewers=[row.reviewer_id])
    assert refused.value.code == "no_phase"
    now = clock.now()
    ReviewPhaseFactory.create(call=call, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))
    assert not progress_of(call).reminded_next
    assert reviewers_tell(call=call, actor=cast.staff, reviewers=[row.reviewer_id]) == 1


def test_the_work_queue_tells_what_is_missing(call: Call, cast: Cast) -> None:
    assert not waiting_reviews(cast.staff)
    experts = people(call, 3)
    [row] = rows(call, 1)
    [short] = waiting_reviews(cast.staff)
    assert "assign" in short.url
    made = [ReviewAssignmentFactory.create(reviewer=one, application=row) for one in experts]
    assert not waiting_reviews(cast.staff)
    call.review_phases.update(ends_at=clock.now() + timedelta(days=2))
    [late] = waiting_reviews(cast.staff)
    assert "3" in str(late.detail)
    for assignment in made:
        ReviewFactory.create(assignment=assignment)
    [ready] = waiting_reviews(cast.staff)
    assert "/decision/" in ready.url
    assert not waiting_reviews(cast.owner)


@pytest.mark.django_db(transaction=True)
def test_two_staff_distributing_at_once_give_once() -> None:
    call = review_call()
    people(call, 4)
    rows(call, 3)
    staff = UserFactory.create_batch(2, is_staff=True)
    seen = even_plan(call, 3).plan.fingerprint
    results = at_once(
        [
            lambda actor=actor: assignments_evenly(call=call, actor=actor, wanted=3, fingerprint=seen)
            for actor in staff
        ]
    )
    assert sorted(isinstance(result, DomainError) for result in results) == [False, True]
    assert standing(call) == 9


@pytest.mark.django_db(transaction=True)
def test_two_staff_giving_the_same_at_once_give_once() -> None:
    call = review_call()
    pairs = [(one.pk, row.pk) for one in people(call, 2) for row in rows(call, 2)]
    staff = UserFactory.create_batch(2, is_staff=True)
    results = at_once(
        [lambda actor=actor: assignments_change(call=call, actor=actor, add=pairs) for actor in staff]
    )
    assert sorted(result.added for result in results) == [0, 4]
    assert standing(call) == 4


@pytest.mark.django_db(transaction=True)
def test_two_staff_reminding_at_once_send_one_mail() -> None:
    call = review_call()
    row = ReviewAssignmentFactory.create(application__call=call)
    staff = UserFactory.create_batch(2, is_staff=True)
    results = at_once(
        [
            lambda actor=actor: reviewers_remind(call=call, actor=actor, reviewers=[row.reviewer_id])
            for actor in staff
        ]
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert Message.objects.count() == 1
