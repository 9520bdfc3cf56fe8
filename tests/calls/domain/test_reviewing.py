"""What a reviewer writes: kept part by part, refused in words, handed in when it is whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls import rules
from apps.calls.domain.reviewing import review_hand_in, review_save
from apps.calls.enums import ApplicationState, ConflictGround, ConflictKind, ConflictSource
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Review,
    ReviewAssignment,
    ReviewConflict,
    ReviewPhase,
)
from apps.calls.rules.marks import CANNOT, score_unit
from apps.calls.selectors.reviews import marks_of, scores_of_call
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotFound
from tests.concurrency import at_once
from tests.factories.people import UserFactory
from tests.factories.review import assigned, hand_in_anew, review_call, reviewer, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Call:
    return review_call()


@pytest.fixture
def expert(call: Call) -> Any:
    return reviewer(call)


@pytest.fixture
def application(call: Call) -> Application:
    return submitted(call)


@pytest.fixture
def seat(expert: Any, application: Application) -> ReviewAssignment:
    return assigned(expert, application)


def units(call: Call) -> list[str]:
    return [score_unit(row.pk) for row in call.criteria.all()]


def save(seat: ReviewAssignment, values: dict[str, str], **more: Any) -> Any:
    given: dict[str, Any] = {"actor": seat.reviewer.user, "revision": seat.application.revision, **more}
    return review_save(code=seat.application.code, values=values, **given)


def hand_in(seat: ReviewAssignment, revision: int | None = None) -> Review:
    actor: Any = seat.reviewer.user
    return review_hand_in(
        actor=actor,
        code=seat.application.code,
        revision=seat.application.revision if revision is None else revision,
    )


def test_part_by_part_it_is_kept(seat: ReviewAssignment, call: Call) -> None:
    first, second = units(call)
    assert save(seat, {first: "4"}).saved == [first]
    found = save(seat, {second: "０", "comment_city": "良い計画です。\n"})
    assert found.review.revision == 1
    assert marks_of(found.review) == {
        "comment_city": "良い計画です。\n",
        "comment_applicant": "",
        first: "4",
        second: "0",
    }
    assert save(seat, {first: "4"}).saved == []


def test_a_score_is_taken_back_and_is_no_zero(seat: ReviewAssignment, call: Call) -> None:
    first, second = units(call)
    save(seat, {first: "3", second: CANNOT})
    hand_in(seat)
    found = scores_of_call(call)[seat.application.pk]
    assert found.reviews[0].total == 50
    assert None in found.reviews[0].scores.values()
    # What is handed in stays whole.
    assert list(save(seat, {first: ""}).refused) == [first]
    assert scores_of_call(call)[seat.application.pk].reviews[0].total == 50


def test_before_it_is_handed_in_a_score_may_be_emptied(seat: ReviewAssignment, call: Call) -> None:
    first, _second = units(call)
    save(seat, {first: "3"})
    assert save(seat, {first: ""}).saved == [first]
    with pytest.raises(InvalidInput):
        hand_in(seat)


@pytest.mark.parametrize("text", ["0", "6", "-1", "4.5", "よい", "9" * 400, "NaN", "4 cannot", "\0"])
def test_what_is_no_score_is_refused_in_words(seat: ReviewAssignment, call: Call, text: str) -> None:
    first, _second = units(call)
    found = save(seat, {first: text, "comment_city": "残る"})
    assert list(found.refused) == [first]
    assert found.saved == ["comment_city"]
    assert marks_of(found.review).get(first, "") == ""


def test_the_criterion_of_another_call_is_refused(seat: ReviewAssignment) -> None:
    other = score_unit(CallCriterion.objects.create(call=review_call(), name="よその基準").pk)
    found = save(seat, {other: "3", "score_": "3", "title": "x"})
    assert set(found.refused) == {other, "score_", "title"}
    assert found.review is None


def test_a_comment_that_is_too_long_is_refused(seat: ReviewAssignment) -> None:
    found = save(seat, {"comment_city": "あ" * 5001, "comment_applicant": "い" * 5000})
    assert list(found.refused) == ["comment_city"]
    assert found.saved == ["comment_applicant"]


def test_handing_in_asks_for_every_criterion_and_for_nothing_else(seat: ReviewAssignment, call: Call) -> None:
    first, second = units(call)
    with pytest.raises(InvalidInput) as refused:
        hand_in(seat)
    assert set(refused.value.fields) == {first, second}
    save(seat, {first: "4"})
    with pytest.raises(InvalidInput) as refused:
        hand_in(seat)
    assert set(refused.value.fields) == {second}
    save(seat, {second: CANNOT})
    assert hand_in(seat).handed_in_at is not None
    assert AuditEntry.objects.filter(action="review.hand_in").count() == 1


def test_what_was_handed_in_is_corrected_and_counts(seat: ReviewAssignment, call: Call) -> None:
    first, second = units(call)
    save(seat, {first: "1", second: "0"})
    hand_in(seat)
    save(seat, {first: "5", second: "10"})
    found = scores_of_call(call)[seat.application.pk]
    assert found.aggregate.median == 100
    assert found.reviews[0].handed_in_at is not None


def test_two_windows_overwrite_nothing_silently(seat: ReviewAssignment, call: Call) -> None:
    empty = rules.bases_of({"comment_city": "", "comment_applicant": ""})
    save(seat, {"comment_city": "一つめの窓", "comment_applicant": ""}, bases=empty)
    found = save(seat, {"comment_city": "二つめの窓", "comment_applicant": "ほかの欄"}, bases=empty)
    assert found.conflicts == ["comment_city"]
    assert found.held == {"comment_city": "一つめの窓"}
    assert found.saved == ["comment_applicant"]
    seen = {**found.bases, **rules.bases_of(found.held)}
    assert save(seat, {"comment_city": "二つめの窓"}, bases=seen).saved == ["comment_city"]


def test_one_window_that_never_heard_the_answer_goes_on(seat: ReviewAssignment) -> None:
    empty = rules.bases_of({"comment_city": ""})
    save(seat, {"comment_city": "前半"}, bases=empty, pen=rules.Pen("a" * 24, 1))
    found = save(seat, {"comment_city": "前半と後半"}, bases=empty, pen=rules.Pen("a" * 24, 2))
    assert found.saved == ["comment_city"]
    late = save(seat, {"comment_city": "前"}, bases=empty, pen=rules.Pen("a" * 24, 1))
    assert late.saved == []
    assert marks_of(late.review)["comment_city"] == "前半と後半"


def test_the_revision_that_was_scored_is_kept(seat: ReviewAssignment, call: Call) -> None:
    first, second = units(call)
    save(seat, {first: "4", second: "4"})
    hand_in(seat)
    hand_in_anew(seat.application, plan="置き場所を変えました。")
    assert scores_of_call(call)[seat.application.pk].reviews[0].revision == 1
    save(seat, {first: "5"}, revision=2)
    assert Review.objects.get().revision == 1
    with pytest.raises(Conflict) as refused:
        hand_in(seat, revision=1)
    assert refused.value.code == "revision"
    assert hand_in(seat, revision=2).revision == 2


def _withdraw(seat: ReviewAssignment) -> None:
    Application.objects.filter(pk=seat.application_id).update(state=ApplicationState.WITHDRAWN)


def _end(seat: ReviewAssignment) -> None:
    ReviewPhase.objects.update(ends_at=clock.now())


def _read_only(seat: ReviewAssignment) -> None:
    ReviewPhase.objects.update(may_score=False)


def _undeclared(seat: ReviewAssignment) -> None:
    ReviewAssignment.objects.update(declared_at=None)


def _decided(seat: ReviewAssignment) -> None:
    Application.objects.filter(pk=seat.application_id).update(
        state=ApplicationState.ADOPTED, submitted_at=clock.now()
    )


@pytest.mark.parametrize("change", [_withdraw, _end, _read_only, _undeclared, _decided])
def test_when_nothing_may_be_written_it_is_said(seat: ReviewAssignment, change: Any) -> None:
    save(seat, {"comment_city": "先に"})
    change(seat)
    for act in (lambda: save(seat, {"comment_city": "後から"}), lambda: hand_in(seat)):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "closed"
        assert refused.value.message
    assert Review.objects.get().comment_city == "先に"


def _removed(seat: ReviewAssignment) -> None:
    ReviewAssignment.objects.update(removed_at=clock.now())


def _reviewer_removed(seat: ReviewAssignment) -> None:
    type(seat.reviewer).objects.update(removed_at=clock.now())


def _left(seat: ReviewAssignment) -> None:
    type(seat.reviewer).objects.update(state="left")


def _conflict(seat: ReviewAssignment) -> None:
    ReviewConflict.objects.create(
        reviewer=seat.reviewer,
        application=seat.application,
        kind=ConflictKind.HARD,
        source=ConflictSource.STAFF,
        ground=ConflictGround.WORDS,
    )


@pytest.mark.parametrize("change", [_removed, _reviewer_removed, _left, _conflict])
def test_who_has_no_seat_any_more_learns_nothing(seat: ReviewAssignment, change: Any) -> None:
    save(seat, {"comment_city": "先に"})
    change(seat)
    for act in (lambda: save(seat, {"comment_city": "後から"}), lambda: hand_in(seat)):
        with pytest.raises(NotFound):
            act()


def test_nobody_else_may_write(seat: ReviewAssignment, call: Call) -> None:
    others: list[Any] = [UserFactory.create(), UserFactory.create(is_staff=True), reviewer(call).user]
    for user in others:
        with pytest.raises(NotFound):
            review_save(actor=user, code=seat.application.code, revision=1, values={"comment_city": "x"})


def test_a_hard_conflict_leaves_the_aggregate_and_lifting_brings_it_back(
    seat: ReviewAssignment, call: Call
) -> None:
    first, second = units(call)
    save(seat, {first: "5", second: "10"})
    hand_in(seat)
    _conflict(seat)
    found = scores_of_call(call)[seat.application.pk]
    assert (len(found.reviews), len(found.set_aside), found.aggregate.count) == (0, 1, 0)
    ReviewConflict.objects.update(lifted_at=clock.now())
    assert scores_of_call(call)[seat.application.pk].aggregate.median == 100


def test_a_draft_does_not_count(seat: ReviewAssignment, call: Call) -> None:
    save(seat, {units(call)[0]: "5"})
    assert scores_of_call(call) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_scores_of_a_call_in_constant_queries(call: Call, count: int, django_assert_num_queries: Any) -> None:
    for _number in range(count):
        row = submitted(call)
        for _expert in range(count):
            place = assigned(reviewer(call), row)
            save(place, dict(zip(units(call), ("4", "7"), strict=True)))
            hand_in(place)
    with django_assert_num_queries(SCORES_OF_CALL):
        found = scores_of_call(call)
    assert [len(row.reviews) for row in found.values()] == [count] * count


SCORES_OF_CALL = 12


@pytest.mark.django_db(transaction=True)
def test_two_windows_at_the_same_moment_make_one_review() -> None:
    call = review_call()
    place = assigned(reviewer(call), submitted(call))
    first, second = units(call)
    done = at_once([lambda: save(place, {first: "4"}), lambda: save(place, {second: "7"})])
    assert len(done) == 2
    held = marks_of(Review.objects.get())
    assert (held[first], held[second]) == ("4", "7")


def test_a_day_after_the_phase_the_words_say_so(seat: ReviewAssignment) -> None:
    with pytest.raises(Conflict):
        save(seat, {"comment_city": "x"}, now=clock.now() + timedelta(days=10))
