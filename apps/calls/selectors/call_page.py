"""Everything that the page of one call shows, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.models import Call, CallCriterion, CallFaq, CallFile, PublicQuestion, Theme
from apps.calls.rules.shares import all_alike, share_words
from apps.calls.selectors.asking import (
    asking_until,
    published_questions,
    takes_consultations,
    takes_questions,
)
from apps.calls.selectors.calls import ShownCall, asks_of, shown_call, themes_of
from apps.core import clock
from apps.core.calendar_file import Entry
from apps.core.errors import NotFound
from apps.events.selectors import ShownEvent, public_events

#: Answered questions that stand on the page itself; the rest has a page of its own.
LATEST_QUESTIONS = 3
#: Frequent questions that stand open; the rest folds.
OPEN_FAQS = 8


@dataclass(frozen=True)
class ShownCriterion:
    """A criterion with its part of the score in words (empty: all count the same)."""

    criterion: CallCriterion
    share: str


@dataclass(frozen=True)
class CallPage:
    """One call as everyone reads it. ``questions_until``: until when one may ask in public."""

    shown: ShownCall
    themes: list[Theme]
    criteria: list[ShownCriterion]
    questions: tuple[rules.Question, ...]
    minutes: int
    faqs: list[CallFaq]
    files: list[CallFile]
    answered: list[PublicQuestion]
    answered_total: int
    briefings: list[ShownEvent]
    questions_until: datetime | None
    takes_questions: bool
    takes_consultations: bool

    @property
    def call(self) -> Call:
        return self.shown.call

    @property
    def alike(self) -> bool:
        """All criteria count the same."""
        return all_alike([item.criterion.weight for item in self.criteria])

    @property
    def open_faqs(self) -> list[CallFaq]:
        return self.faqs[:OPEN_FAQS]

    @property
    def folded_faqs(self) -> list[CallFaq]:
        return self.faqs[OPEN_FAQS:]


def call_page(call: Call, now: datetime | None = None) -> CallPage:
    """What the page of ``call`` shows at ``now``; drafts too, for their preview."""
    now = now or clock.now()
    prefetch_related_objects([call], "themes")
    asks = asks_of(call)
    criteria = list(call.criteria.all())
    shares = share_words([row.weight for row in criteria])
    answered = published_questions(call, newest=True)
    latest = list(answered[: LATEST_QUESTIONS + 1])
    return CallPage(
        shown=shown_call(call, now),
        themes=themes_of(call),
        criteria=[ShownCriterion(row, share) for row, share in zip(criteria, shares, strict=True)],
        questions=rules.questions_of(asks),
        minutes=rules.total_minutes(asks),
        faqs=list(call.faqs.all()),
        files=list(call.files.all()),
        answered=latest[:LATEST_QUESTIONS],
        answered_total=answered.count() if len(latest) > LATEST_QUESTIONS else len(latest),
        briefings=public_events(call.briefings.upcoming(now), now),
        questions_until=asking_until(call),
        takes_questions=takes_questions(call, now),
        takes_consultations=takes_consultations(call, now),
    )


def access_call_file(*, call: Call, pk: Any) -> CallFile:
    """The file ``pk`` of ``call``; raises ``NotFound``."""
    row = call.files.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("This page does not exist."))
    return row


def calendar_entries(call: Call) -> list[Entry]:
    """The dates of ``call`` for a calendar: moments as such, days as whole days."""
    language = get_language() or "ja"
    title, address = call.localized("title", language), settings.BASE_URL + call.get_absolute_url()
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    grace = ""
    if call.grace_minutes:
        grace = _("Applications are still taken until %(until)s.") % {
            "until": rules.day_time(call.last_moment)
        }

    def entry(name: str, words: str, start: Any, end: Any = None, *, text: str = "") -> Entry:
        return Entry(
            uid=f"call-{call.pk}-{name}@{host}",
            title=words % {"call": title},
            start=start,
            end=end,
            all_day=not isinstance(start, datetime),
            text=text,
            url=address,
        )

    entries = [
        entry("opens", _("Applications open: %(call)s"), call.opens_at),
        entry("closes", _("Applications close: %(call)s"), call.closes_at, text=grace),
        entry("decision", _("Results: %(call)s"), call.decision_on),
        entry("trial", _("Trial: %(call)s"), call.trial_from, call.trial_until),
    ]
    if call.questions_until:
        entries.insert(1, entry("questions", _("Questions end: %(call)s"), call.questions_until))
    return entries


def next_change(call: Call, now: datetime) -> datetime:
    """The next moment after ``now`` at which the page of ``call`` reads otherwise, a day away at most."""
    midnight = datetime.combine(clock.local_date(now), datetime.max.time(), clock.TOKYO)
    moments = [call.opens_at, call.closes_at, call.last_moment, call.questions_until, midnight]
    return min(moment for moment in moments if moment and moment > now)
