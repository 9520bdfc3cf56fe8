"""The waiting list: it moves up once for each adoption that ends; staff set its order."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEntry
from apps.calls.domain import application_accept, application_turn_down
from apps.calls.domain.answering import answer_end, answer_extend, decision_letters_anew
from apps.calls.domain.publishing import decisions_take_back
from apps.calls.domain.waitlist import (
    waitlist_adopt_first,
    waitlist_leave,
    waitlist_move_up,
    waitlist_reorder,
)
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call, Letter
from apps.calls.selectors.status import status_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.registry import work_queue
from apps.outbox.domain import batch_release
from apps.outbox.models import Message
from apps.trials.models import Trial
from tests.concurrency import at_once
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.deciding import final
from tests.factories.organizations import OrganizationFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def told(adopted: int = 2, waiting: int = 2) -> tuple[Any, list[Application], list[Application]]:
    """Staff, the adopted and those on the list, all told."""
    call, staff = CallFactory.create(code="2026"), UserFactory.create(is_staff=True, is_superuser=True)
    rows = SubmittedFactory.create_batch(
        adopted + waiting, call=call, organization=OrganizationFactory.create()
    )
    for row in rows[:adopted]:
        final(row, staff)
    for rank, row in enumerate(rows[adopted:], start=1):
        final(row, staff, "waitlist", rank=rank, granted_devices=10 + rank)
    batch_release(batch="decision-2026", actor=staff)
    fresh = [Application.objects.select_related("call", "created_by").get(pk=row.pk) for row in rows]
    return staff, fresh[:adopted], fresh[adopted:]


def turn_down(row: Application) -> Application:
    return application_turn_down(application=row, actor=row.created_by)


def states(rows: list[Application]) -> list[str]:
    return [Application.objects.get(pk=row.pk).state for row in rows]


def test_the_first_moves_up_with_what_it_was_granted_and_is_told_on_release() -> None:
    staff, (gone, _kept), (first, second) = told()
    turn_down(gone)
    first.refresh_from_db()
    assert states([first, second]) == ["adopted", "waitlisted"]
    assert (first.replaces, first.granted_devices, first.decision_is_told) == (gone, 11, False)
    assert first.public_state == ApplicationState.WAITLISTED
    mail = Message.objects.get(template="calls-decision-moved-up")
    assert (mail.state, mail.batch) == ("held", f"waitlist-{first.code}")
    assert "繰り上げ" in mail.body
    # Why it had to wait is no word about its adoption.
    assert "機器の数に限りがあります" not in mail.body
    assert any(
        first.title == item.title and "繰り上がりました" in str(item.detail) for item in work_queue(staff)
    )
    with pytest.raises(Conflict):
        application_accept(application=first, actor=first.created_by)
    # A later release of the call's own batch does not tell it.
    batch_release(batch="decision-2026", actor=staff)
    assert batch_release(batch=mail.batch, actor=staff) == 1
    first.refresh_from_db()
    assert first.decision_is_told
    assert first.answer_due_at is not None
    letters = first.letters.order_by("serial")
    assert [(row.kind, row.told_at is None) for row in letters] == [("waitlist", False), ("adoption", False)]
    application_accept(application=first, actor=first.created_by)
    assert Trial.objects.get(application=first).code == first.code


def test_called_as_often_as_wished_it_moves_once() -> None:
    staff, (gone, other), rows = told(2, 3)
    turn_down(gone)
    turn_down(gone)
    assert waitlist_move_up(call=gone.call, actor=staff) == []
    assert states(rows) == ["adopted", "waitlisted", "waitlisted"]
    turn_down(other)
    assert states(rows) == ["adopted", "adopted", "waitlisted"]
    assert Message.objects.filter(template="calls-decision-moved-up").count() == 2


def test_nobody_moves_up_who_was_not_told_that_it_waits() -> None:
    staff, (gone,), _none = told(1, 0)
    late = SubmittedFactory.create(call=gone.call, organization=OrganizationFactory.create())
    final(late, staff, "waitlist", rank=1)
    turn_down(gone)
    assert states([late]) == ["waitlisted"]


def test_who_leaves_after_moving_up_makes_room_for_the_next() -> None:
    _staff, (gone,), (first, second) = told(1, 2)
    turn_down(gone)
    waitlist_leave(application=first, actor=first.created_by)
    waitlist_leave(application=first, actor=first.created_by)
    assert states([first, second]) == ["withdrawn", "adopted"]
    assert sorted(Message.objects.filter(template__endswith="moved-up").values_list("state", flat=True)) == [
        "discarded",
        "held",
    ]
    assert Letter.objects.get(application=first, kind="adoption").voided_at is not None
    with pytest.raises(Conflict):
        waitlist_leave(application=gone, actor=gone.created_by)
    with pytest.raises(NotAllowed):
        waitlist_leave(application=told_again(second), actor=UserFactory.create())


def told_again(row: Application) -> Application:
    batch_release(batch=f"waitlist-{row.code}", actor=UserFactory.create(is_staff=True))
    Application.objects.filter(pk=row.pk).update(state="waitlisted")
    return row


def test_what_moved_up_is_not_taken_back_to_undecided() -> None:
    staff, (gone,), (first,) = told(1, 1)
    turn_down(gone)
    with pytest.raises(Conflict):
        decisions_take_back(call=gone.call, versions={first.pk: first.decision.version}, actor=staff)
    assert states([first]) == ["adopted"]


def test_staff_reorder_the_list_and_say_why() -> None:
    staff, _adopted, rows = told(0, 3)
    call, known = rows[0].call, [row.pk for row in rows]
    order = [known[2], known[0], known[1]]
    with pytest.raises(InvalidInput):
        waitlist_reorder(call=call, order=order, known=known, actor=staff, reason=" ")
    with pytest.raises(NotAllowed):
        waitlist_reorder(call=call, order=order, known=known, actor=rows[0].created_by, reason="x")
    for wrong in (known[:2], [*known[:2], uuid.uuid4()], [known[0], known[0], known[1]]):
        with pytest.raises(Conflict):
            waitlist_reorder(call=call, order=wrong, known=known, actor=staff, reason="x")
    assert waitlist_reorder(call=call, order=order, known=known, actor=staff, reason="機器が届いた順") == 3
    with pytest.raises(Conflict):
        waitlist_reorder(call=call, order=known, known=known, actor=staff, reason="x")
    found = Application.objects.order_by("waitlist_rank").values_list("pk", "waitlist_rank")
    assert list(found) == [(pk, rank) for rank, pk in enumerate(order, start=1)]
    entry = AuditEntry.objects.filter(action="application.waitlist_rank").first()
    assert entry is not None
    assert entry.data["reason"] == "機器が届いた順"


def test_staff_adopt_the_first_and_no_other() -> None:
    staff, _adopted, (first, second) = told(0, 2)
    with pytest.raises(Conflict):
        waitlist_adopt_first(call=first.call, application=second, actor=staff)
    row = waitlist_adopt_first(call=first.call, application=first, actor=staff)
    assert (row.state, row.replaces) == ("adopted", None)


def test_an_answer_that_is_overdue_is_ended_by_staff_only() -> None:
    staff, (gone,), (first,) = told(1, 1)
    due = gone.answer_due_at
    assert due is not None
    late = due + timedelta(seconds=1)
    with pytest.raises(Conflict) as early:
        answer_end(application=gone, actor=staff, known_due=due, now=due)
    assert early.value.code == "early"
    with pytest.raises(NotAllowed):
        answer_end(application=gone, actor=gone.created_by, known_due=due, now=late)
    with pytest.raises(Conflict):
        answer_end(application=gone, actor=staff, known_due=late, now=late)
    assert answer_end(application=gone, actor=staff, known_due=due, message="お電話しました。", now=late) == [
        first
    ]
    gone.refresh_from_db()
    assert (gone.state, gone.answered_at) == ("turned_down", None)
    mail = Message.objects.get(template="calls-answer-ended")
    assert (mail.state, "お電話しました。" in mail.body) == ("queued", True)
    assert status_of(application=gone, actor=gone.created_by).word == "採択終了"
    with pytest.raises(Conflict):
        answer_extend(application=gone, actor=staff, known_due=due, until=late + timedelta(days=3), now=late)


def test_staff_give_more_time_also_after_the_deadline() -> None:
    staff, (row,), _none = told(1, 0)
    due = row.answer_due_at
    assert due is not None
    late = due + timedelta(days=1)
    status = status_of(application=row, actor=row.created_by, now=late)
    assert (status.may_answer, status.may_accept) == (True, False)
    assert "contact@example.jp" in status.next
    with pytest.raises(Conflict) as refused:
        application_accept(application=row, actor=row.created_by, now=late)
    assert refused.value.code == "late"
    for until in (due, late, late + timedelta(days=400)):
        with pytest.raises(InvalidInput):
            answer_extend(application=row, actor=staff, known_due=due, until=until, now=late)
    until = late + timedelta(days=5)
    assert answer_extend(application=row, actor=staff, known_due=due, until=until, now=late) == 1
    with pytest.raises(Conflict) as twice:
        answer_extend(application=row, actor=staff, known_due=due, until=until, now=late)
    assert twice.value.code == "changed"
    assert "期限を延ばしました" in Message.objects.get(template="calls-answer-extended").body
    assert application_accept(application=row, actor=row.created_by, now=late).state == "accepted"


def test_a_letter_that_promises_too_little_time_is_written_anew_before_it_leaves() -> None:
    call, staff = CallFactory.create(code="2026"), UserFactory.create(is_staff=True)
    row = final(SubmittedFactory.create(call=call, organization=OrganizationFactory.create()), staff)
    later = clock.now() + timedelta(days=9)
    with pytest.raises(Conflict) as stale:
        batch_release(batch="decision-2026", actor=staff, now=later)
    assert stale.value.code == "stale"
    assert Message.objects.get().state == "held"
    assert decision_letters_anew(call=call, actor=staff, now=later) == 1
    assert sorted(Message.objects.values_list("state", flat=True)) == ["discarded", "held"]
    assert Letter.objects.filter(voided_at=None).get().serial == 2
    assert batch_release(batch="decision-2026", actor=staff, now=later) == 1
    row.refresh_from_db()
    assert row.answer_due_at is not None
    assert (clock.local_date(row.answer_due_at) - clock.local_date(later)).days == 14


@pytest.mark.django_db(transaction=True)
def test_two_turn_down_at_once_and_two_move_up() -> None:
    _staff, adopted, waiting = told(2, 3)
    acts: list[Callable[[], Any]] = [lambda row=row: turn_down(row) for row in adopted]  # type: ignore[misc]
    assert not [result for result in at_once(acts) if isinstance(result, Exception)]
    assert states(waiting) == ["adopted", "adopted", "waitlisted"]
    replaced = set(Application.objects.exclude(replaces=None).values_list("replaces", flat=True))
    assert replaced == {row.pk for row in adopted}
    assert Message.objects.filter(template="calls-decision-moved-up", state="held").count() == 2
    assert sorted(Letter.objects.values_list("serial", flat=True)) == list(range(1, 8))


@pytest.mark.django_db(transaction=True)
def test_leaving_and_reordering_while_the_list_moves() -> None:
    staff, (gone,), waiting = told(1, 3)
    known = [row.pk for row in waiting]
    results = at_once(
        [
            lambda: turn_down(gone),
            lambda: waitlist_leave(application=waiting[0], actor=waiting[0].created_by),
            lambda: waitlist_reorder(
                call=gone.call, order=known[::-1], known=known, actor=staff, reason="順を変える"
            ),
        ]
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert all(isinstance(result, Conflict) for result in refused), refused
    found = states(waiting)
    assert found.count("adopted") == 1
    assert found[0] == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_accepting_and_turning_down_at_once() -> None:
    _staff, (row,), (first,) = told(1, 1)
    results = at_once(
        [lambda: application_accept(application=row, actor=row.created_by), lambda: turn_down(row)]
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(result) for result in refused] == [Conflict]
    accepted = states([row]) == ["accepted"]
    assert Trial.objects.exists() == accepted
    assert states([first]) == ["waitlisted" if accepted else "adopted"]
    assert Call.objects.count() == 1
