"""Reading parameters: a whole number, one of several words, a time, a period, a time zone; else words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core import clock
from apps.core.api.problems import BadParameter

TIME = "ISO 8601, for example 2027-01-05T09:00:00+09:00. Without an offset it is the time in Japan."


def whole_number(request: Request, name: str, *, minimum: int, maximum: int) -> int | None:
    """The parameter ``name`` as a whole number, None when it is not given; else 422 in words."""
    text = request.query_params.get(name)
    if text is None:
        return None
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if value is None or not minimum <= value <= maximum:
        words = _("Give a whole number from %(min)d to %(max)d.") % {"min": minimum, "max": maximum}
        raise BadParameter(words, name=name)
    return value


def one_of(request: Request, name: str, values: Sequence[str]) -> str:
    """The parameter ``name`` as one of ``values``, empty when it is not given; else 422 in words."""
    text: str | None = request.query_params.get(name)
    if text is not None and text not in values:
        raise BadParameter(_("Give one of: %(values)s.") % {"values": ", ".join(values)}, name=name)
    return text or ""


def moment(request: Request, name: str) -> datetime | None:
    """The parameter ``name`` as a time, None when it is not given; else 422 in words.

    ISO 8601 with an offset (``2026-11-01T09:00:00+09:00``); without one it is the time in Japan. An
    address turns a bare ``+`` into a space: that is understood.
    """
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        value = parse_datetime(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
        if value is None and (day := parse_date(text)) is not None:
            value = datetime.combine(day, time.min)
        if value is not None:
            value = value if value.tzinfo else value.replace(tzinfo=clock.TOKYO)
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadParameter(_("Give a time such as 2026-11-01T09:00:00+09:00."), name=name)


def period(request: Request) -> tuple[datetime | None, datetime | None]:
    """``since`` and ``until``; 422 in words when they are no times or the wrong way round."""
    since, until = moment(request, "since"), moment(request, "until")
    if since and until and since >= until:
        raise BadParameter(_("“until” must be later than “since”."), name="until")
    return since, until


def time_zone(request: Request, name: str = "time_zone") -> ZoneInfo:
    """The parameter as a time zone of the IANA data; Japan's when it is not given; else 422 in words."""
    text = request.query_params.get(name, "")
    if not text:
        return clock.TOKYO
    if text not in available_timezones():
        raise BadParameter(_("Give a time zone such as Asia/Tokyo."), name=name)
    return ZoneInfo(text)
