"""Conflicts of interest: stated, declared, found, entered, recused, lifted; and what follows at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.calls.domain.conflict import (
    conflict_declare,
    conflict_enter,
    conflict_lift,
    conflict_recuse,
    conflicts_note,
    conflicts_note_all,
    conflicts_read,
    ties_state,
)
from apps.calls.models import Application, ReviewAssignment, ReviewConflict, Reviewer, ReviewerTie
from apps.calls.selectors.conflicts import conflicts_of_call
from apps.calls.selectors.panel import to_declare
from apps.calls.selectors.panel_staff import waiting_conflicts
from apps.calls.selectors.reviews import scores_of_call
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from apps.organizations.models import Organization
from tests.calls.seat import seated
from tests.factories.calls import SubmittedFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import ReviewAssignmentFactory, ReviewerFactory, ReviewFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return UserFactory.create(is_staff=True)


@pytest.fixture
def company() -> Organization:
    return OrganizationFactory.create(name="株式会社かわせみ計測", corporate_number="4011001098993")


@pytest.fixture
def application(company: Organization) -> Application:
    return SubmittedFactory.create(organization=company, org_name=company.name)


@pytest.fixture
def given(application: Application) -> ReviewAssignment:
    """Assigned, and not declared yet."""
    return ReviewAssignmentFactory.create(application=application, declared_at=None)


@pytest.fixture
def person(given: ReviewAssignment) -> User:
    user = given.reviewer.user
    assert user is not None
    return user


def opens(given: ReviewAssignment) -> bool:
    try:
        seated(actor=given.reviewer.user, code=given.application.code)
    except (NotFound, NotAllowed):
        return False
    return True


def counted(application: Application) -> int:
    scores = scores_of_call(application.call).get(application.pk)
    return len(scores.reviews) if scores else 0


def employer(name: str) -> dict[str, Any]:
    return {"kind": "employer", "organization_name": name}


def test_conflict_without_one_the_application_opens(given: ReviewAssignment, person: User) -> None:
    assert not opens(given)
    conflict_declare(assignment=given, actor=person, kind="none")
    assert opens(given)
    assert conflicts_of_call(given.application.call) == {}


def test_conflict_a_soft_one_is_recorded_and_told_and_the_application_opens(
    given: ReviewAssignment, person: User, staff: User
) -> None:
    with pytest.raises(InvalidInput):
        conflict_declare(assignment=given, actor=person, kind="soft", note="  ")
    conflict_declare(assignment=given, actor=person, kind="soft", note="同じ学会にいます。")
    assert opens(given)
    row = ReviewConflict.objects.get()
    assert (row.kind, row.source, row.note) == ("soft", "declared", "同じ学会にいます。")
    assert [item.title for item in waiting_conflicts(staff)] == [given.application.call.title]


def test_conflict_a_hard_one_closes_it(given: ReviewAssignment, person: User) -> None:
    conflict_declare(assignment=given, actor=person, kind="hard")
    assert not opens(given)
    with pytest.raises(NotFound):
        conflict_declare(assignment=given, actor=person, kind="none")


def test_conflict_is_declared_once_after_the_ties_and_by_oneself(
    given: ReviewAssignment, person: User
) -> None:
    with pytest.raises(NotFound):
        conflict_declare(assignment=given, actor=UserFactory.create(), kind="none")
    with pytest.raises(InvalidInput):
        conflict_declare(assignment=given, actor=person, kind="perhaps")
    Reviewer.objects.update(ties_stated_at=None)
    with pytest.raises(NotAllowed):
        conflict_declare(assignment=given, actor=person, kind="none")
    Reviewer.objects.update(ties_stated_at=clock.now())
    conflict_declare(assignment=given, actor=person, kind="none")
    with pytest.raises(Conflict):
        conflict_declare(assignment=given, actor=person, kind="none")


def test_conflict_ties_are_kept_and_what_follows_is_found_at_once(
    given: ReviewAssignment, person: User
) -> None:
    assert [row.code for row in to_declare(given.reviewer)] == [given.application.code]
    ties_state(reviewer=given.reviewer, actor=person, ties=[employer("かわせみ計測（株）")])
    row = ReviewConflict.objects.get()
    assert (row.kind, row.source, row.ground, row.created_by) == ("hard", "found", "tie", None)
    assert to_declare(given.reviewer) == []
    assert not opens(given)
    assert AuditEntry.objects.filter(action="conflict.found").count() == 1


def test_conflict_ties_that_stay_keep_their_age(given: ReviewAssignment, person: User) -> None:
    reviewer = given.reviewer
    ties_state(reviewer=reviewer, actor=person, ties=[employer("甲社"), employer("乙社")])
    old = ReviewerTie.objects.get(organization_name="甲社")
    ties_state(reviewer=reviewer, actor=person, ties=[employer(" 甲社 "), employer("丙社")])
    assert ReviewerTie.objects.get(organization_name="甲社").pk == old.pk
    assert sorted(ReviewerTie.objects.values_list("organization_name", flat=True)) == ["丙社", "甲社"]
    ties_state(reviewer=reviewer, actor=person, ties=[])
    assert not ReviewerTie.objects.exists()
    with pytest.raises(NotFound):
        ties_state(reviewer=reviewer, actor=UserFactory.create(), ties=[])


def test_conflict_a_new_employer_in_mid_review_takes_access_and_score(
    application: Application, company: Organization
) -> None:
    review = ReviewFactory.create(assignment__application=application, scores=[])
    given = review.assignment
    assert opens(given)
    assert counted(application) == 1
    member = MembershipFactory.create(organization=company, user=given.reviewer.user)
    assert not opens(given)
    assert counted(application) == 0
    assert not ReviewConflict.objects.exists(), "it holds before anybody writes it down"
    assert conflicts_note_all() == 1
    assert conflicts_note_all() == 0
    member.delete()
    assert not opens(given), "leaving again does not undo it"
    assert counted(application) == 0


def test_conflict_recusing_acts_at_once_and_leaves_the_aggregate(application: Application) -> None:
    given = ReviewFactory.create(assignment__application=application, scores=[]).assignment
    person = given.reviewer.user
    with pytest.raises(InvalidInput):
        conflict_recuse(assignment=given, actor=person, reason=" ")
    with pytest.raises(NotFound):
        conflict_recuse(assignment=given, actor=UserFactory.create(), reason="x")
    conflict_recuse(assignment=given, actor=person, reason="家族が入社しました。")
    assert not opens(given)
    assert counted(application) == 0
    with pytest.raises(NotFound):
        conflict_recuse(assignment=given, actor=person, reason="もう一度")


def test_conflict_a_hard_one_takes_the_place_of_a_soft_one(
    given: ReviewAssignment, person: User, company: Organization
) -> None:
    conflict_declare(assignment=given, actor=person, kind="soft", note="学会")
    MembershipFactory.create(organization=company, user=person)
    assert [row.kind for row in conflicts_note(call=given.application.call)] == ["hard"]
    assert ReviewConflict.objects.standing().get().source == "found"
    assert ReviewConflict.objects.count() == 2


def test_conflict_staff_enter_one_and_lift_it(given: ReviewAssignment, person: User, staff: User) -> None:
    values: dict[str, Any] = {"reviewer": given.reviewer, "application": given.application, "actor": staff}
    conflict_declare(assignment=given, actor=person, kind="none")
    with pytest.raises(InvalidInput):
        conflict_enter(**values, kind="hard", note="")
    with pytest.raises(NotAllowed):
        conflict_enter(**{**values, "actor": person}, kind="hard", note="x")
    row = conflict_enter(**values, kind="hard", note="元の上司です。")
    assert not opens(given)
    assert waiting_conflicts(staff) == [], "who entered it knows"
    with pytest.raises(Conflict):
        conflict_enter(**values, kind="soft", note="x")
    with pytest.raises(InvalidInput):
        conflict_lift(conflict=row, actor=staff, reason="")
    conflict_lift(conflict=row, actor=staff, reason="別の人でした。")
    assert opens(given)
    with pytest.raises(NotFound):
        conflict_lift(conflict=row, actor=staff, reason="もう一度")


def test_conflict_of_another_call_cannot_be_entered(given: ReviewAssignment, staff: User) -> None:
    other = ReviewerFactory.create()
    with pytest.raises(NotFound):
        conflict_enter(reviewer=other, application=given.application, actor=staff, kind="hard", note="x")


def test_conflict_a_lifted_one_is_found_anew_only_on_something_new(
    given: ReviewAssignment, person: User, staff: User, company: Organization
) -> None:
    call = given.application.call
    conflict_declare(assignment=given, actor=person, kind="none")
    member = MembershipFactory.create(organization=company, user=person)
    (row,) = conflicts_note(call=call)
    conflict_lift(conflict=row, actor=staff, reason="名前だけの登録でした。")
    assert opens(given)
    assert conflicts_note(call=call) == []
    member.delete()
    later = MembershipFactory.create(organization=company, user=person)
    type(later).objects.update(created_at=clock.now() + timedelta(minutes=1))
    assert not opens(given)


def test_conflict_staff_read_what_was_there_and_not_what_came_since(
    given: ReviewAssignment, person: User, staff: User
) -> None:
    call = given.application.call
    before = clock.now()
    conflict_declare(assignment=given, actor=person, kind="soft", note="学会")
    assert conflicts_read(call=call, actor=staff, until=before) == 0
    assert len(waiting_conflicts(staff)) == 1
    assert conflicts_read(call=call, actor=staff, until=clock.now()) == 1
    assert waiting_conflicts(staff) == []
    assert waiting_conflicts(person) == []
