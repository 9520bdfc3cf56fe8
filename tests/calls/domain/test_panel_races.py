"""Two at once on one panel, on real PostgreSQL."""

from __future__ import annotations

import pytest

from apps.calls.domain.conflict import conflict_declare, conflict_recuse, conflicts_note
from apps.calls.domain.panel import (
    About,
    reviewer_accept,
    reviewer_decline,
    reviewer_remove,
    reviewers_invite,
)
from apps.calls.models import Call, ReviewConflict, Reviewer
from apps.calls.rules.people import Invitee
from apps.core.errors import NotFound
from apps.core.tokens import token_hash
from apps.outbox.models import Message
from tests.calls.domain.test_races import at_once
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import InvitedReviewerFactory, ReviewAssignmentFactory, ReviewerFactory

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "q" * 43
HARU = Invitee("水野 はる", "haru@machi-u.ac.jp")


def invited() -> Reviewer:
    return InvitedReviewerFactory.create(email=HARU.email, token_hash=token_hash(TOKEN))


def test_panel_two_of_staff_invite_one_address_once() -> None:
    call: Call = CallFactory.create()
    staff = UserFactory.create_batch(3, is_staff=True)
    results = at_once(
        [
            lambda who=who: reviewers_invite(call=call, actor=who, people=[HARU], about=About())
            for who in staff
        ]
    )
    assert sorted(row[0].outcome for row in results) == ["new", "waiting", "waiting"]
    assert Reviewer.objects.count() == Message.objects.count() == 1


def test_panel_accepting_twice_accepts_once() -> None:
    row, person = invited(), UserFactory.create(email=HARU.email)
    results = at_once([lambda: reviewer_accept(token=TOKEN, actor=person)] * 3)
    assert {found.pk for found in results} == {row.pk}
    assert Message.objects.filter(template="calls-panel-accepted").count() == 1


def test_panel_of_accepting_and_declining_one_counts() -> None:
    invited()
    person = UserFactory.create(email=HARU.email)
    results = at_once(
        [lambda: reviewer_accept(token=TOKEN, actor=person), lambda: reviewer_decline(token=TOKEN)]
    )
    assert [type(row) for row in results if isinstance(row, Exception)] == [NotFound]
    assert Message.objects.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_panel_who_is_removed_while_accepting_has_no_access(_round: int) -> None:
    row, person = invited(), UserFactory.create(email=HARU.email)
    staff = UserFactory.create(is_staff=True)
    accepted, removed = at_once(
        [
            lambda: reviewer_accept(token=TOKEN, actor=person),
            lambda: reviewer_remove(reviewer=row, actor=staff),
        ]
    )
    assert removed is None
    assert isinstance(accepted, (Reviewer, NotFound))
    assert not Reviewer.objects.active().exists()
    person.refresh_from_db()
    assert not person.is_reviewer
    told = Message.objects.filter(template="calls-panel-removed").count()
    assert told == int(isinstance(accepted, Reviewer))


def test_panel_two_invitations_of_one_person_seat_them_once() -> None:
    first = invited()
    other = InvitedReviewerFactory.create(call=first.call, token_hash=token_hash("s" * 43))
    person = UserFactory.create(email=HARU.email)
    person.emailaddress_set.create(email=other.email, verified=True)
    results = at_once([lambda t=t: reviewer_accept(token=t, actor=person) for t in (TOKEN, "s" * 43)])
    assert sum(isinstance(row, Exception) for row in results) == 1
    assert Reviewer.objects.active().count() == 1


def test_conflict_found_by_two_at_once_is_kept_once() -> None:
    company = OrganizationFactory.create(name="かわせみ計測")
    row = SubmittedFactory.create(organization=company, org_name=company.name)
    reviewer = ReviewerFactory.create(call=row.call)
    MembershipFactory.create(organization=company, user=reviewer.user)
    results = at_once([lambda: conflicts_note(call=row.call)] * 3)
    assert sorted(len(found) for found in results) == [0, 0, 1]
    assert ReviewConflict.objects.count() == 1


def test_conflict_of_declaring_and_recusing_at_once_the_hard_one_stands() -> None:
    given = ReviewAssignmentFactory.create(declared_at=None)
    person = given.reviewer.user
    at_once(
        [
            lambda: conflict_declare(assignment=given, actor=person, kind="soft", note="学会"),
            lambda: conflict_recuse(assignment=given, actor=person, reason="やめます"),
        ]
    )
    assert ReviewConflict.objects.standing().get().kind == "hard"
