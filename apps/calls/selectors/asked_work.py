"""Questions, consultations and next steps that wait for staff, for the admin's first page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.calls.enums import ConsultationState, QuestionState
from apps.calls.models import Consultation, OutreachVisit, PublicQuestion
from apps.core import clock
from apps.core.registry import WorkItem

MOST = 100
#: In how many working days an answer is expected; holidays are not known here.
ANSWER_DAYS = 3


def after_working_days(day: date, count: int) -> date:
    """``day`` plus ``count`` days from Monday to Friday."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def waiting_questions(user: Any) -> list[WorkItem]:
    """Questions without a published answer; due three working days after they were asked."""
    if not user.is_staff:
        return []
    rows = PublicQuestion.objects.filter(state__in=(QuestionState.WAITING, QuestionState.ANSWERED))
    return [
        WorkItem(
            kind=_("Question %(number)d") % {"number": row.number},
            title=row.text[:80] or row.original_text[:80],
            detail=row.call.title,
            url=reverse("admin:calls_publicquestion_change", args=[row.pk]),
            action=pgettext_lazy("act", "Answer")
            if row.state == QuestionState.WAITING
            else pgettext_lazy("act", "Check and publish"),
            due=after_working_days(clock.local_date(row.asked_at), ANSWER_DAYS),
            mail_count=1 if row.email else 0,
        )
        for row in rows.select_related("call").order_by("asked_at")[:MOST]
    ]


def waiting_consultations(user: Any) -> list[WorkItem]:
    """Requests without a date (due in three working days), and talks whose day has come."""
    if not user.is_staff:
        return []
    rows = Consultation.objects.filter(state__in=(ConsultationState.WAITING, ConsultationState.ARRANGED))
    return [_consultation_item(row) for row in rows.select_related("call").order_by("created_at")[:MOST]]


def _consultation_item(row: Consultation) -> WorkItem:
    waiting = row.state == ConsultationState.WAITING or row.meeting_at is None
    due = (
        after_working_days(clock.local_date(row.created_at), ANSWER_DAYS)
        if waiting
        else clock.local_date(row.meeting_at)
    )
    return WorkItem(
        kind=pgettext_lazy("work", "Prior consultation"),
        title=str(row),
        detail=row.topic[:80],
        url=reverse("admin:calls_consultation_change", args=[row.pk]),
        action=pgettext_lazy("act", "Propose a day") if waiting else pgettext_lazy("act", "Note the talk"),
        due=due,
        mail_count=1 if waiting and row.email else 0,
    )


def waiting_visits(user: Any) -> list[WorkItem]:
    """Next steps after visits; due on the day that was written."""
    if not user.is_staff:
        return []
    rows = OutreachVisit.objects.filter(next_done=False, next_on__isnull=False).order_by("next_on")
    return [
        WorkItem(
            kind=pgettext_lazy("work", "After a visit"),
            title=row.organization_name,
            detail=row.next_step,
            url=reverse("admin:calls_outreachvisit_change", args=[row.pk]),
            action=pgettext_lazy("act", "Do the next step"),
            due=row.next_on,
        )
        for row in rows[:MOST]
    ]
