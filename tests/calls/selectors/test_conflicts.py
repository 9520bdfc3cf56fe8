"""Conflicts of interest found from what the database holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.calls.enums import ApplicationState, JointState
from apps.calls.models import Application, Call, ReviewConflict, Reviewer, ReviewerTie
from apps.calls.selectors.conflicts import conflicts_of_call, forbidden_of_call
from apps.calls.selectors.panel import needs_ties, reviewer_calls, reviewer_of
from apps.core import clock
from apps.core.errors import DomainError, NotAllowed, NotFound
from apps.organizations.models import Organization, OrganizationDomain
from tests.calls.seat import seated
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.joint import JointFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.review import ReviewAssignmentFactory, ReviewerFactory

pytestmark = pytest.mark.django_db
QUERIES = 9


@pytest.fixture
def call() -> Call:
    return CallFactory.create()


@pytest.fixture
def company() -> Organization:
    return OrganizationFactory.create(name="株式会社かわせみ計測", corporate_number="4011001098993")


@pytest.fixture
def application(call: Call, company: Organization) -> Application:
    return SubmittedFactory.create(call=call, organization=company, org_name=company.name)


@pytest.fixture
def reviewer(call: Call) -> Reviewer:
    return ReviewerFactory.create(call=call)


def found(call: Call) -> dict[Any, tuple[str, str, str]]:
    return {pair: (row.kind, row.source, row.ground) for pair, row in conflicts_of_call(call).items()}


def test_conflict_nobody_has_one_by_nature(application: Application, reviewer: Reviewer) -> None:
    assert found(application.call) == {}


def test_conflict_who_joins_the_applicants_organization_has_one_at_once(
    application: Application, reviewer: Reviewer, company: Organization
) -> None:
    MembershipFactory.create(organization=company, user=reviewer.user)
    assert found(application.call) == {(reviewer.pk, application.pk): ("hard", "found", "membership")}
    assert forbidden_of_call(application.call) == {(reviewer.pk, application.pk)}


def test_conflict_through_a_joint_applicant(application: Application, reviewer: Reviewer) -> None:
    partner = OrganizationFactory.create(name="みちべ大学")
    joint = JointFactory.create(
        application=application, state=JointState.CONFIRMED, organization=partner, org_name=partner.name
    )
    MembershipFactory.create(organization=partner, user=reviewer.user)
    assert list(found(application.call)) == [(reviewer.pk, application.pk)]
    joint.removed_at = clock.now()
    joint.save()
    assert found(application.call) == {}


def test_conflict_by_a_domain_that_staff_marked(
    application: Application, reviewer: Reviewer, company: Organization
) -> None:
    reviewer.user.emailaddress_set.create(email="mine@lab.kawasemi.co.jp")  # type: ignore[union-attr]
    assert found(application.call) == {}
    OrganizationDomain.objects.create(organization=company, domain="kawasemi.co.jp")
    assert found(application.call) == {(reviewer.pk, application.pk): ("hard", "found", "domain")}


def test_conflict_by_the_domain_of_the_organizations_people(
    application: Application, company: Organization, call: Call
) -> None:
    reviewer = ReviewerFactory.create(call=call, email="expert@kawasemi.co.jp")
    MembershipFactory.create(organization=company, user=UserFactory.create(email="haru@kawasemi.co.jp"))
    assert list(found(call)) == [(reviewer.pk, application.pk)]


def test_conflict_never_by_a_public_provider(application: Application, call: Call) -> None:
    ReviewerFactory.create(call=call, email="expert@gmail.com")
    application.contact_email = "haru@gmail.com"
    application.save()
    assert found(call) == {}


def test_conflict_by_a_stated_tie_and_not_after_it_is_gone(
    application: Application, reviewer: Reviewer
) -> None:
    tie = ReviewerTie.objects.create(reviewer=reviewer, kind="employer", organization_name="かわせみ計測㈱")
    assert found(application.call) == {(reviewer.pk, application.pk): ("hard", "found", "tie")}
    tie.delete()
    assert found(application.call) == {}


def test_conflict_drafts_withdrawn_ones_and_removed_reviewers_are_left_out(
    application: Application, reviewer: Reviewer, company: Organization
) -> None:
    MembershipFactory.create(organization=company, user=reviewer.user)
    Application.objects.update(state=ApplicationState.WITHDRAWN)
    assert found(application.call) == {}
    Application.objects.update(state=ApplicationState.SUBMITTED)
    Reviewer.objects.update(removed_at=clock.now())
    assert found(application.call) == {}


def test_conflict_a_stored_soft_one_gives_way_to_a_hard_one_that_is_found(
    application: Application, reviewer: Reviewer, company: Organization
) -> None:
    ReviewConflict.objects.create(
        reviewer=reviewer, application=application, kind="soft", source="declared", ground="words"
    )
    assert found(application.call)[reviewer.pk, application.pk] == ("soft", "declared", "words")
    MembershipFactory.create(organization=company, user=reviewer.user)
    assert found(application.call)[reviewer.pk, application.pk] == ("hard", "found", "membership")


def _many(call: Call, number: int) -> None:
    for n in range(number):
        company = OrganizationFactory.create(name=f"会社の{n}番")
        row = SubmittedFactory.create(call=call, organization=company, org_name=company.name)
        JointFactory.create(application=row)
        reviewer = ReviewerFactory.create(call=call)
        MembershipFactory.create(organization=company, user=reviewer.user)
        ReviewerTie.objects.create(reviewer=reviewer, kind="research", organization_name=f"会社の{n}番")
        OrganizationDomain.objects.create(organization=company, domain=f"kaisha{n}.co.jp")


@pytest.mark.parametrize("number", [1, 3])
def test_conflict_queries_do_not_grow(call: Call, number: int) -> None:
    _many(call, number)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(conflicts_of_call(call)) == number
    assert len(queries) == QUERIES


def refusal(actor: Any, code: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        seated(actor=actor, code=code)
    return caught.value


def test_panel_the_door_to_an_assignment(application: Application, reviewer: Reviewer) -> None:
    row = ReviewAssignmentFactory.create(application=application, reviewer=reviewer)
    assert seated(actor=reviewer.user, code=application.code) == row
    assert reviewer_of(reviewer.user, application.call) == reviewer
    assert reviewer_calls(reviewer.user) == [reviewer]
    assert isinstance(refusal(UserFactory.create(), application.code), NotFound)
    assert isinstance(refusal(reviewer.user, "2026-999"), NotFound)


def test_panel_ties_and_declaration_come_first(application: Application, call: Call) -> None:
    reviewer = ReviewerFactory.create(call=call, ties_stated_at=None)
    row = ReviewAssignmentFactory.create(application=application, reviewer=reviewer)
    assert needs_ties(reviewer)
    error = refusal(reviewer.user, application.code)
    assert isinstance(error, NotAllowed)
    assert error.code == "declare"
    Reviewer.objects.update(ties_stated_at=clock.now())
    type(row).objects.update(declared_at=None)
    assert refusal(reviewer.user, application.code).code == "declare"


def test_panel_a_hard_conflict_closes_the_door_without_a_word(
    application: Application, reviewer: Reviewer, company: Organization
) -> None:
    ReviewAssignmentFactory.create(application=application, reviewer=reviewer)
    stranger = refusal(UserFactory.create(), application.code)
    MembershipFactory.create(organization=company, user=reviewer.user)
    error = refusal(reviewer.user, application.code)
    assert (type(error), error.message) == (type(stranger), stranger.message)


def test_panel_who_was_removed_is_a_stranger(application: Application, reviewer: Reviewer) -> None:
    ReviewAssignmentFactory.create(application=application, reviewer=reviewer)
    Reviewer.objects.update(removed_at=clock.now())
    assert isinstance(refusal(reviewer.user, application.code), NotFound)
    assert reviewer_of(reviewer.user, application.call) is None
    assert reviewer_calls(reviewer.user) == []
