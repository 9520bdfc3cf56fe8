"""The range that a page of series shows: a day, week, month, year until now, or from–to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import pgettext

from apps.core import clock
from apps.core.errors import InvalidInput
from apps.telemetry.forms.series import LOCAL, RangeForm
from apps.telemetry.rules.series import LONGEST, Span
from apps.telemetry.selectors.series import span_asked

RANGES = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
#: Nothing closer than this can be chosen by the buttons.
SHORTEST = timedelta(minutes=30)


@dataclass(frozen=True)
class Asked:
    """``name`` is one of ``RANGES`` and its range ends now; empty: from–to. ``status`` 422: see the form."""

    span: Span
    name: str
    form: RangeForm
    now: datetime
    status: int = 200

    @property
    def query(self) -> dict[str, str]:
        """The range as parameters of an address."""
        return {"range": self.name} if self.name else _between(self.span.since, self.span.until)


def asked_range(request: HttpRequest, now: datetime) -> Asked:
    """What the address asks for; without anything, or with what cannot be read, the last 24 hours."""
    given = {name: request.GET[name] for name in ("since", "until") if request.GET.get(name)}
    name = request.GET.get("range", "")
    name = name if name in RANGES else "day"
    span = Span(now - RANGES[name], now, clock.TOKYO)
    start = {"since": _local(span.since), "until": _local(span.until)}
    if not given:
        return Asked(span, name, RangeForm(initial=start), now)
    form = RangeForm(given)
    if form.is_valid():
        try:
            own = span_asked(form.cleaned_data["since"], form.cleaned_data["until"], clock.TOKYO, now)
            return Asked(own, "", form, now)
        except InvalidInput as error:
            form.refuse({place: list(texts) for place, texts in error.fields.items()})
    return Asked(span, name, form, now, status=422)


def _local(moment: datetime) -> str:
    return moment.astimezone(clock.TOKYO).strftime(LOCAL)


def _between(since: datetime, until: datetime) -> dict[str, str]:
    return {"since": _local(since), "until": _local(until)}


def address(query: Mapping[str, Any], **more: Any) -> str:
    """``?a=b`` from parameters; empty ones are left out, lists repeat."""
    return "?" + urlencode({key: value for key, value in {**query, **more}.items() if value}, doseq=True)


def range_items(asked: Asked, **more: Any) -> list[dict[str, Any]]:
    """The choice of day, week, month, year."""
    labels = {
        "day": pgettext("range", "Day"),
        "week": pgettext("range", "Week"),
        "month": pgettext("range", "Month"),
        "year": pgettext("range", "Year"),
    }
    return [
        {"label": label, "url": address({"range": name}, **more), "current": asked.name == name}
        for name, label in labels.items()
    ]


def step_items(asked: Asked, **more: Any) -> list[dict[str, Any]]:
    """Buttons that move the range: earlier, later, closer, wider; with the key that does the same."""
    span = asked.span
    half, middle = span.length / 2, span.since + span.length / 2
    steps = [
        (
            "earlier",
            pgettext("range", "Earlier"),
            replace(span, since=span.since - half, until=span.until - half),
        ),
        (
            "later",
            pgettext("range", "Later"),
            replace(span, since=span.since + half, until=span.until + half),
        ),
        (
            "closer",
            pgettext("range", "Closer"),
            replace(span, since=middle - half / 2, until=middle + half / 2),
        ),
        (
            "wider",
            pgettext("range", "Wider"),
            replace(span, since=middle - span.length, until=middle + span.length),
        ),
    ]
    if span.until >= asked.now:
        # What ends now stays there: closer is the newer half, wider goes further back.
        steps[2] = (*steps[2][:2], replace(span, since=middle))
        steps[3] = (*steps[3][:2], replace(span, since=span.since - span.length))
    return [
        {"name": name, "label": label, "url": address(_between(new.since, new.until), **more)}
        for name, label, new in steps
        if SHORTEST <= new.length <= LONGEST and (name != "later" or span.until < asked.now)
    ]
