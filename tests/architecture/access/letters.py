"""Rows of the table: letters of the city, the company's answer, the waiting list."""

from __future__ import annotations

from typing import Any

from apps.calls.domain.letter import letter_issue
from apps.calls.enums import ApplicationState, LetterKind
from apps.calls.models import Letter
from apps.core import clock
from tests.architecture.access.table import MEMBERS, STAFF, Row
from tests.architecture.access.world import World
from tests.factories.calls import ApplicationFactory

DONE = STAFF.but(staff=302)
POST_ONLY = STAFF.but(staff=405)
REFUSED = STAFF.but(staff=422)
#: The question whether to leave; others are led back to the application.
ASKED = MEMBERS.but(reader=302, staff=302)
LEAVING = MEMBERS.but(reader=403, colleague=302, owner=302, staff=403)


def letter(w: World) -> dict[str, Any]:
    row = Letter.objects.first() or letter_issue(
        kind=LetterKind.DECLINE,
        application=w.adopted,
        organization=w.cast.organization,
        addressee="株式会社みずおと技研 御中",
        language="ja",
        values={"code": w.adopted.code, "title": w.adopted.title},
        actor=None,
        told_at=clock.now(),
    )
    return {"pk": row.pk}


def waiting(w: World) -> dict[str, Any]:
    row = ApplicationFactory.create(
        call=w.call,
        created_by=w.cast.owner,
        organization=w.cast.organization,
        state=ApplicationState.WAITLISTED,
        submitted_at=clock.now(),
        decided_at=clock.now(),
        decided_by=w.cast.staff,
        decision_published_at=clock.now(),
        waitlist_rank=1,
    )
    return {"code": row.code}


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


def adopted(w: World) -> dict[str, Any]:
    return {"pk": w.adopted.pk}


PAGES: list[Row] = [
    Row("calls:letter", MEMBERS, letter),
    Row("calls:waitlist-leave", ASKED, waiting),
    Row("calls:waitlist-leave", LEAVING, waiting, method="POST"),
]
ACTS: list[Row] = [
    Row("admin:calls_letter_file", STAFF, letter),
    Row("admin:calls_letter_anew", STAFF, call),
    Row("admin:calls_letter_anew", DONE, call, method="POST"),
    Row("admin:calls_letter_answer", STAFF, adopted),
    Row("admin:calls_letter_answer", REFUSED, adopted, method="POST"),
    Row("admin:calls_letter_waitlist", STAFF, call),
    Row("admin:calls_letter_waitlist", REFUSED, call, method="POST"),
    Row("admin:calls_letter_first", POST_ONLY, call),
    Row("admin:calls_letter_first", STAFF.but(staff=404), call, method="POST"),
]
