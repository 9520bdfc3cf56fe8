"""Whether the courier does its work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from apps.core import clock
from apps.telemetry.models import News

#: What waits longer than this waits for a courier.
PATIENCE: Final = timedelta(minutes=5)
#: A receiver that takes messages slowly, or fails, has something under way or rests: that is not the courier.
_LEFT: Final = """
SELECT EXISTS (
    SELECT FROM telemetry_webhookendpoint e
    WHERE e.is_active AND (e.rest_until IS NULL OR e.rest_until < %(before)s)
        AND EXISTS (
            SELECT FROM telemetry_webhookmessage m
            WHERE m.endpoint_id = e.id AND m.state = 'waiting' AND m.due_at < %(before)s
        )
        AND NOT EXISTS (
            SELECT FROM telemetry_webhookmessage t
            WHERE t.endpoint_id = e.id AND t.taken_at >= %(before)s
        )
)
"""


def courier_alive(*, now: datetime | None = None) -> None:
    """Raises when news or a message that is due were left alone for five minutes. Two queries."""
    before = (now or clock.now()) - PATIENCE
    oldest = News.objects.order_by("pk").values_list("made_at", flat=True).first()
    if oldest is not None and oldest < before:
        raise TimeoutError("news wait for the courier")
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"before": before})
        if cursor.fetchone()[0]:
            raise TimeoutError("messages wait for the courier")
