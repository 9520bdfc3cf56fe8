"""What `deliberation.py` runs inside the portal: filling its database, counting queries, one change.

Each function prints one line of JSON at its end.
"""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.calls.domain.deciding import decision_save
from apps.calls.domain.derived import derive
from apps.calls.enums import Outcome, ReviewerState
from apps.calls.models import (
    Application,
    ApplicationRevision,
    Call,
    CallCriterion,
    Decision,
    Review,
    ReviewAssignment,
    Reviewer,
    ReviewScore,
    Theme,
)
from apps.core import clock, site
from apps.organizations.models import Organization
from benchmarks._intake_data import STAFF, _application, _call, _client, _take, _Words

REVIEWERS, CRITERIA = 5, 4


def _session(person: User) -> str:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def _reviewers(call: Call, staff: User) -> list[Reviewer]:
    rows = []
    for number in range(REVIEWERS):
        person = User.objects.create_user(f"r{number}@example.org", name=f"審査 {number}", is_reviewer=True)
        rows.append(
            Reviewer(
                call=call,
                user=person,
                name=person.name,
                email=person.email,
                state=ReviewerState.ACCEPTED,
                token_hash=str(number),
                invited_by=staff,
                expires_at=clock.now() + timedelta(days=30),
                ties_stated_at=clock.now(),
            )
        )
    return Reviewer.objects.bulk_create(rows)


def _reviews(rows: list[Application], who: list[Reviewer], call: Call, words: _Words) -> None:
    criteria = [
        CallCriterion.objects.create(call=call, name=f"観点{n}", order=n, weight=1 + n % 2)
        for n in range(CRITERIA)
    ]
    assigned = [ReviewAssignment(reviewer=one, application=row) for row in rows for one in who]
    ReviewAssignment.objects.bulk_create(assigned, batch_size=1000)
    reviews = [
        Review(
            assignment=row,
            revision=1,
            comment_city=words.text(20),
            comment_applicant=words.text(20),
            handed_in_at=clock.now(),
        )
        for row in assigned
    ]
    Review.objects.bulk_create(reviews, batch_size=1000)
    scores = [
        ReviewScore(review=row, criterion=one, value=words.chance.randint(1, 5))
        for row in reviews
        for one in criteria
    ]
    ReviewScore.objects.bulk_create(scores, batch_size=2000)


def fill(total: int) -> None:
    """``total`` applications, each with a review of every reviewer; a third is decided.

    Prints the session of staff, the call and an application."""
    words, call = _Words(), _call()
    Call.objects.filter(pk=call.pk).update(capacity_devices=5000, capacity_messages=900_000)
    staff = User.objects.create_user(STAFF, name="bench", is_staff=True, is_superuser=True)
    other = User.objects.create_user("second@example.org", name="second", is_staff=True)
    people = [User.objects.create_user(f"a{n}@example.org", name=f"a{n}") for n in range(5)]
    own = Organization.objects.create(name="見本の会社", kind="corporation")
    themes = list(Theme.objects.values_list("code", flat=True))
    rows = [_application(call, people[n % 5], themes, words, n) for n in range(total)]
    for row in rows:
        row.organization = own
        derive(row)
    Application.objects.bulk_create(rows, batch_size=500)
    now = clock.now()
    ApplicationRevision.objects.bulk_create(
        ApplicationRevision(
            application=row, number=1, answers={}, handed_in_at=now, handed_in_by=row.created_by
        )
        for row in rows
    )
    _reviews(rows, _reviewers(call, staff), call, words)
    Decision.objects.bulk_create(
        Decision(
            application=row,
            outcome=Outcome.ADOPT,
            granted_devices=5,
            granted_messages=500,
            decided_by=staff,
            decided_at=now,
            signed_by=other if number % 2 else None,
            signed_at=now if number % 2 else None,
        )
        for number, row in enumerate(rows[::3])
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps({"session": _session(staff), "call": str(call.pk), "application": str(rows[0].pk)}))


def count(paths: list[str]) -> None:
    """Prints how many queries each of ``paths`` takes: after a change, and the second time."""
    client, found = _client(), {}
    for path in paths:
        _change()
        counted = []
        for _time in range(2):
            # Kept for some seconds in the process: read each time, so that the count is the same.
            site.forget()
            with CaptureQueriesContext(connection) as seen:
                _take(client.get(path))
            counted.append(len(seen))
        found[path] = counted
    print(json.dumps(found))


def _change() -> None:
    """One quiet decision is decided otherwise: what was kept of the page is old."""
    row = Decision.objects.select_related("application").order_by("decided_at", "pk").first()
    assert row is not None
    decision_save(
        application=row.application,
        actor=User.objects.get(email=STAFF),
        version=row.version,
        outcome=Outcome.ADOPT,
        granted_devices=row.version % 7 + 1,
        granted_messages=500,
    )


def change(times: int) -> None:
    for _time in range(times):
        _change()
    print(json.dumps({"changed": times}))
