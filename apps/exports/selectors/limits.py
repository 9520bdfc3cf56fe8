"""How many exports an organization may have made, at once and in a day (Asia/Tokyo)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings

from apps.core import clock
from apps.exports.models import ExportJob
from apps.organizations.models import Organization


@dataclass(frozen=True)
class Limits:
    """What is in use and how much is granted; the day's number frees at ``day_ends``."""

    open: int
    at_once: int
    today: int
    a_day: int
    day_ends: datetime


def limits_of(organization: Organization, now: datetime | None = None) -> Limits:
    """Two queries. Cancelled exports count: the day's number is one of asking."""
    day = clock.local_date(now)
    begins = datetime.combine(day, time.min, clock.TOKYO)
    mine = ExportJob.objects.filter(organization=organization)
    return Limits(
        open=mine.open().count(),
        at_once=settings.EXPORTS_AT_ONCE,
        today=mine.filter(created_at__gte=begins).count(),
        a_day=settings.EXPORTS_A_DAY,
        day_ends=begins + timedelta(days=1),
    )
