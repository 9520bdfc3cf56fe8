"""Reviews that were handed in, with their scores."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.calls.enums import ReviewerState
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Review,
    ReviewAssignment,
    Reviewer,
    ReviewScore,
)
from apps.core import clock
from tests.factories.people import UserFactory


def criteria(call: Call, number: int = 2, **values: Any) -> list[CallCriterion]:
    """``number`` criteria from 1 to 5; the second counts twice."""
    return [
        CallCriterion.objects.create(
            call=call,
            name=f"観点{n + 1}",
            order=n,
            weight=n + 1,
            **{"scale_min": 1, "scale_max": 5, **values},
        )
        for n in range(number)
    ]


def reviewer(call: Call, name: str = "審査 委員", **values: Any) -> Reviewer:
    """A reviewer who accepted."""
    user = UserFactory.create(is_reviewer=True)
    given: dict[str, Any] = {
        "call": call,
        "user": user,
        "name": name,
        "email": user.email,
        "state": ReviewerState.ACCEPTED,
        "token_hash": str(user.pk),
        "invited_by": user,
        "expires_at": clock.now() + timedelta(days=30),
        "ties_stated_at": clock.now(),
    }
    return Reviewer.objects.create(**{**given, **values})


def reviewed(
    application: Application,
    who: Reviewer,
    *values: int | None,
    city: str = "",
    applicant: str = "",
    **more: Any,
) -> Review:
    """``who`` handed in ``values`` for the criteria in their order; None: cannot judge."""
    assignment = ReviewAssignment.objects.create(
        reviewer=who, application=application, declared_at=clock.now()
    )
    given: dict[str, Any] = {"revision": application.revision, "handed_in_at": clock.now()}
    review = Review.objects.create(
        assignment=assignment, comment_city=city, comment_applicant=applicant, **{**given, **more}
    )
    rows = CallCriterion.objects.filter(call=application.call).order_by("order", "created_at")
    ReviewScore.objects.bulk_create(
        ReviewScore(review=review, criterion=row, value=value, cannot_judge=value is None)
        for row, value in zip(rows, values, strict=True)
    )
    return review
