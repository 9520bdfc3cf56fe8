"""A call under review: criteria, a phase, experts and what is assigned to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory

from apps.accounts.models import User
from apps.calls.domain.revision import revision_add
from apps.calls.enums import Outcome, ReviewerState
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Decision,
    Review,
    ReviewAssignment,
    Reviewer,
    ReviewPhase,
    ReviewScore,
)
from apps.core import clock
from apps.core.tokens import new_token
from tests.factories.calls import CallFactory, SubmittedFactory
from tests.factories.people import UserFactory


def review_call(**values: Any) -> Call:
    """A call that has closed, with two criteria on scales of their own, in a phase of nine more days."""
    now = clock.now()
    call: Call = CallFactory.create(closes_at=now - timedelta(days=1), **values)
    CallCriterion.objects.create(call=call, order=0, name="困りごと", description="誰の困りごとか", weight=2)
    CallCriterion.objects.create(call=call, order=1, name="進め方", scale_min=0, scale_max=10)
    phase(call)
    return call


def phase(call: Call, **values: Any) -> ReviewPhase:
    now = clock.now()
    dates = {"starts_at": now - timedelta(hours=12), "ends_at": now + timedelta(days=9)}
    return ReviewPhase.objects.create(call=call, name="採点", **{**dates, **values})


def reviewer(call: Call, user: User | None = None, **values: Any) -> Reviewer:
    """An expert who accepted and stated that there are no ties."""
    user = user or UserFactory.create(is_reviewer=True)
    now = clock.now()
    given = {"name": user.name or "わたし", "email": user.email, "ties_stated_at": now, **values}
    return Reviewer.objects.create(
        call=call,
        user=user,
        state=ReviewerState.ACCEPTED,
        token_hash=new_token()[1],
        invited_by=UserFactory.create(is_staff=True),
        sent_at=now,
        answered_at=now,
        expires_at=now + timedelta(days=9),
        **given,
    )


def submitted(call: Call, **values: Any) -> Application:
    """An application that was handed in, as revision 1."""
    row: Application = SubmittedFactory.create(call=call, **values)
    if row.revision == 0:
        revision_add(row=row, actor=row.created_by, now=clock.now())
        row.save(update_fields=["revision"])
    return row


def hand_in_anew(row: Application, **answers: Any) -> Application:
    """The applicant corrects ``answers`` and hands in the next revision."""
    for name, value in answers.items():
        setattr(row, name, value)
    revision_add(row=row, actor=row.created_by, now=clock.now())
    row.save()
    return row


def assigned(expert: Reviewer, application: Application, **values: Any) -> ReviewAssignment:
    """``application`` is for ``expert`` to review, who declared that there is no conflict."""
    given = {"declared_at": clock.now(), **values}
    return ReviewAssignment.objects.create(reviewer=expert, application=application, **given)


class ReviewPhaseFactory(factory.django.DjangoModelFactory):
    """A phase of nine more days in which the applicant is hidden."""

    class Meta:
        model = ReviewPhase

    call = factory.SubFactory(CallFactory)
    name = "採点"
    starts_at = factory.LazyFunction(lambda: clock.now() - timedelta(hours=12))
    ends_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=9))


class ReviewerFactory(factory.django.DjangoModelFactory):
    """An expert who accepted and stated that there are no ties."""

    class Meta:
        model = Reviewer

    call = factory.SubFactory(CallFactory)
    user = factory.SubFactory(UserFactory, is_reviewer=True)
    name = factory.Sequence(lambda n: f"審査員{n}")
    email = factory.LazyAttribute(lambda row: row.user.email if row.user else f"{row.name}@example.jp")
    state = ReviewerState.ACCEPTED
    token_hash = factory.LazyFunction(lambda: new_token()[1])
    invited_by = factory.SubFactory(UserFactory, is_staff=True)
    sent_at = factory.LazyFunction(clock.now)
    answered_at = factory.LazyFunction(clock.now)
    ties_stated_at = factory.LazyFunction(clock.now)
    expires_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=30))


class InvitedReviewerFactory(ReviewerFactory):
    """An expert who was invited and has not answered."""

    user = None  # type: ignore[assignment]
    email = factory.Sequence(lambda n: f"expert{n}@example.jp")  # type: ignore[assignment]
    state = ReviewerState.INVITED
    answered_at = None  # type: ignore[assignment]
    ties_stated_at = None  # type: ignore[assignment]


class ReviewAssignmentFactory(factory.django.DjangoModelFactory):
    """An application that was handed in, for an expert of its call, declared without conflict."""

    class Meta:
        model = ReviewAssignment

    application = factory.SubFactory(SubmittedFactory)
    reviewer = factory.SubFactory(ReviewerFactory, call=factory.SelfAttribute("..application.call"))
    declared_at = factory.LazyFunction(clock.now)


class ReviewFactory(factory.django.DjangoModelFactory):
    """A review that was handed in; ``scores=[3, None]`` for the criteria in order, None: cannot judge."""

    class Meta:
        model = Review
        skip_postgeneration_save = True

    assignment = factory.SubFactory(ReviewAssignmentFactory)
    revision = factory.LazyAttribute(lambda row: row.assignment.application.revision)
    handed_in_at = factory.LazyFunction(clock.now)

    @factory.post_generation
    def scores(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if not create or extracted is None:
            return
        criteria = CallCriterion.objects.filter(call=self.assignment.application.call)
        for criterion, value in zip(criteria.order_by("order", "created_at"), extracted, strict=True):
            ReviewScore.objects.create(
                review=self, criterion=criterion, value=value, cannot_judge=value is None
            )


class DecisionFactory(factory.django.DjangoModelFactory):
    """A quiet decision to adopt, which nobody signed."""

    class Meta:
        model = Decision

    application = factory.SubFactory(SubmittedFactory)
    outcome = Outcome.ADOPT
    decided_by = factory.SubFactory(UserFactory, is_staff=True)
    decided_at = factory.LazyFunction(clock.now)
