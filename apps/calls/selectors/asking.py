"""Questions about a call as the public reads them and as staff find them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TypeVar

from django.db.models import Case, IntegerField, Model, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.calls.enums import CallState, QuestionState
from apps.calls.models import Call, PublicQuestion
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.search import words

M = TypeVar("M", bound=Model)


def asking_until(call: Call) -> datetime | None:
    """The last moment at which a question about ``call`` is taken; None: the call is not public."""
    if call.state != CallState.PUBLISHED:
        return None
    return call.questions_until or call.closes_at


def takes_questions(call: Call, now: datetime | None = None) -> bool:
    until = asking_until(call)
    return until is not None and (now or clock.now()) < until


def found(rows: QuerySet[M], query: str) -> QuerySet[M]:
    """``rows`` whose ``search_text`` holds every word of ``query``; words of two characters are found."""
    for word in words(query):
        rows = rows.filter(search_text__contains=word)
    return rows


def published_questions(call: Call, *, query: str = "", newest: bool = False) -> QuerySet[PublicQuestion]:
    """Questions with their answers, by number or the newest answer first."""
    rows = call.public_questions.filter(state=QuestionState.PUBLISHED)
    if query:
        rows = found(rows, query)
    return rows.order_by("-published_at", "-number") if newest else rows.order_by("number")


def waiting_first(rows: QuerySet[PublicQuestion]) -> QuerySet[PublicQuestion]:
    """What waits for an answer, then what waits to be published, then the rest; the oldest first."""
    rank = Case(
        When(state=QuestionState.WAITING, then=Value(0)),
        When(state=QuestionState.ANSWERED, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "asked_at")


def takes_consultations(call: Call, now: datetime | None = None) -> bool:
    """Until the call closes: a talk before applying helps only before it is too late to apply."""
    return call.state == CallState.PUBLISHED and (now or clock.now()) < call.last_moment


def access_question(*, call: Call, pk: uuid.UUID) -> PublicQuestion:
    """A question of ``call``, for whoever just asked it; raises ``NotFound``."""
    row = call.public_questions.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such page."))
    return row
