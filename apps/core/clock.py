"""The one source of the present, so that a caller may pass its own."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

TOKYO = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """The present in UTC, aware."""
    return timezone.now()


def local_date(moment: datetime | None = None) -> date:
    """The calendar day in Japan of ``moment`` (default: now)."""
    return (moment or now()).astimezone(TOKYO).date()


def fiscal_year(day: date) -> int:
    """The Japanese fiscal year (April to March) that ``day`` belongs to."""
    return day.year if day.month >= 4 else day.year - 1


def reiwa(year: int) -> int:
    """The year of the Reiwa era (2019 = 1)."""
    return year - 2018


def short(moment: datetime, at: datetime | None = None) -> str:
    """``moment`` as a list shows it: ``10:38`` today, ``11月20日 18:20`` before (in the active language)."""
    local = moment.astimezone(TOKYO)
    name = "TIME_FORMAT" if local.date() == local_date(at) else "SHORT_DATETIME_FORMAT"
    return date_format(local, name)
