"""What calls put into staff's work queue: every provider, in one list."""

from __future__ import annotations

from apps.calls.selectors.asked_work import waiting_consultations, waiting_questions, waiting_visits
from apps.calls.selectors.consent import waiting_consents
from apps.calls.selectors.panel_staff import waiting_conflicts
from apps.calls.selectors.review_queue import waiting_reviews
from apps.calls.selectors.waitlist import waiting_answers
from apps.calls.selectors.work import (
    waiting_applications,
    waiting_calls,
    waiting_corrections,
    waiting_decisions,
)

WORK_QUEUE = (
    waiting_applications,
    waiting_calls,
    waiting_corrections,
    waiting_decisions,
    waiting_answers,
    waiting_questions,
    waiting_consultations,
    waiting_visits,
    waiting_consents,
    waiting_reviews,
    waiting_conflicts,
)
