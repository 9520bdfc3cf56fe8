"""Days and periods as people read them."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import dateformat
from django.utils.translation import get_language

from apps.core.clock import TOKYO


def _format(value: date, japanese: str, english: str) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(TOKYO)
    return dateformat.format(value, english if get_language() == "en" else japanese)


def day(value: date) -> str:
    """``2026年12月3日（木）``"""
    return _format(value, "Y年n月j日（D）", "D j F Y")


def day_time(value: datetime) -> str:
    """``2026年12月3日（木）17:15``, in Japan."""
    return _format(value, "Y年n月j日（D）G:i", "D j F Y, G:i")


def short_day(value: date) -> str:
    """``12月3日``"""
    return _format(value, "n月j日", "j F")


def short_day_time(value: datetime) -> str:
    """``12月3日 17:15``, in Japan."""
    return _format(value, "n月j日 G:i", "j F, G:i")


def period(first: date, last: date) -> str:
    """``2027年1月12日–6月30日``; the second year only when it is another."""
    end = short_day(last) if first.year == last.year else _format(last, "Y年n月j日", "j F Y")
    if get_language() == "en":
        start = short_day(first) if first.year == last.year else _format(first, "", "j F Y")
        return f"{start} – {end} {last.year}" if first.year == last.year else f"{start} – {end}"
    return f"{_format(first, 'Y年n月j日', '')}–{end}"
