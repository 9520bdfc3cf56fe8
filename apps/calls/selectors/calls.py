"""Calls as the public reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calls.enums import CallPhase
from apps.calls.models import Call, Theme
from apps.calls.models.call import CallQuerySet
from apps.calls.rules import CallAsks, ExtraQuestion, day, period, short_day, short_day_time
from apps.core import clock
from apps.core.errors import NotFound


def published_calls() -> CallQuerySet:
    """Every call that is on the site, newest first."""
    return Call.objects.published()


def access_published_call(*, code: str) -> Call:
    """The published call ``code``; raises ``NotFound``."""
    call = published_calls().filter(code=code).first()
    if call is None:
        raise NotFound(_("There is no such call."))
    return call


def access_call_of_file(*, actor: Any, code: str) -> Call:
    """The call whose files are asked for: a published one, for staff any; raises ``NotFound``."""
    calls = Call.objects.filter(code=code)
    if not (actor.is_authenticated and actor.is_staff):
        calls = calls.published()
    call = calls.first()
    if call is None:
        raise NotFound(_("There is no such call."))
    return call


def themes_of(call: Call) -> list[Theme]:
    """The themes that an application for ``call`` may name, in their order."""
    return list(call.themes.all())


def asks_of(call: Call) -> CallAsks:
    """What ``call`` asks of its applications, as the rules need it. Two queries, once for each object."""
    kept: CallAsks | None = call.__dict__.get("_asks")
    if kept is None:
        extra = tuple(
            ExtraQuestion(str(row.pk), row.label, row.kind, row.required, tuple(row.options))
            for row in call.extra_questions.all()
        )
        themes = frozenset(theme.code for theme in themes_of(call))
        kept = CallAsks(call.trial_from, call.trial_until, themes, extra)
        call.__dict__["_asks"] = kept
    return kept


@dataclass(frozen=True)
class ShownCall:
    """A call with what follows from the present: its phase and the days left (0: today)."""

    call: Call
    phase: CallPhase
    days_left: int
    years: str
    #: The closing has passed and applications are still taken, until ``call.last_moment``.
    in_grace: bool

    @property
    def takes_applications(self) -> bool:
        return self.phase in (CallPhase.OPEN, CallPhase.CLOSING)

    @property
    def steps(self) -> list[dict[str, Any]]:
        return call_steps(self.call, self.phase)


def shown_call(call: Call, now: datetime | None = None) -> ShownCall:
    now = now or clock.now()
    left = clock.local_date(call.closes_at) - clock.local_date(now)
    return ShownCall(call, call.phase(now), left.days, _fiscal_year(call.fiscal_year), call.in_grace(now))


def _fiscal_year(year: int) -> str:
    if year < 2019:
        return _("fiscal year %(year)d") % {"year": year}
    reiwa = clock.reiwa(year)
    # Officials write the first year of an era with a word of its own.
    era = "元" if reiwa == 1 and get_language() == "ja" else str(reiwa)
    return _("fiscal year %(year)d (Reiwa %(reiwa)s)") % {"year": year, "reiwa": era}


def calls_by_phase(now: datetime | None = None) -> dict[str, list[ShownCall]]:
    """Published calls as ``open`` (first to close first), ``before`` and ``past`` (newest first)."""
    now = now or clock.now()
    shown = [shown_call(call, now) for call in published_calls()]
    before = [item for item in shown if item.phase == CallPhase.BEFORE]
    taking = [item for item in shown if item.takes_applications]
    return {
        "open": sorted(taking, key=lambda item: item.call.closes_at),
        "before": sorted(before, key=lambda item: item.call.opens_at),
        "past": [item for item in shown if item not in before and item not in taking],
    }


def call_steps(call: Call, phase: CallPhase) -> list[dict[str, Any]]:
    """From application to publication, for ``{% steps %}``: which are done, which is now."""
    began = phase in (CallPhase.RESULTS, CallPhase.ENDED) and clock.local_date() >= call.trial_from
    current = {
        CallPhase.BEFORE: -1,
        CallPhase.OPEN: 0,
        CallPhase.CLOSING: 0,
        CallPhase.REVIEW: 1,
        CallPhase.RESULTS: 3 if began else 2,
        CallPhase.ENDED: 4,
    }[phase]
    opens, closes = clock.local_date(call.opens_at), short_day_time(call.closes_at)
    rows = [
        (
            _("Applications are open") if current == 0 else _("Applications"),
            _("%(opens)s – %(closes)s") % {"opens": short_day(opens), "closes": closes},
        ),
        (_("Review"), _("The city reads every application. Until %(day)s") % {"day": day(call.decision_on)}),
        (_("Results"), _("%(day)s, by e-mail and on your own page") % {"day": day(call.decision_on)}),
        (_("Trial"), period(call.trial_from, call.trial_until)),
        (_("Publication of the results"), _("Trials that did not work are published too.")),
    ]
    return [
        {
            "title": title,
            "detail": detail,
            "state": "current" if index == current else "done" if index < current else "",
        }
        for index, (title, detail) in enumerate(rows)
    ]
