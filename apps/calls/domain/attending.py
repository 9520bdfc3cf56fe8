"""When a reviewer was last there: for staff, who see whether a reminder is needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from apps.calls.models import Reviewer
from apps.core import clock

#: Written again only after so long: most pages write nothing.
OFTEN = timedelta(minutes=5)


def reviewer_seen(*, user: Any, now: datetime | None = None) -> None:
    """Keep that ``user`` looked at the own reviews. One query; no entry in the record: nothing changed."""
    now = now or clock.now()
    rows = Reviewer.objects.active().filter(Q(seen_at__isnull=True) | Q(seen_at__lte=now - OFTEN), user=user)
    rows.update(seen_at=now)
