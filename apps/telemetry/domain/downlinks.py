"""What device events tell of downlinks: txack, ack, and the log lines of dropped queue items."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.db import connection, transaction

from apps.devices.domain.downlink_news import DownlinkNews, downlinks_follow
from apps.devices.enums import DownlinkReason, DownlinkState
from apps.devices.models import Downlink
from apps.telemetry.domain.repeats import devices_lock
from apps.telemetry.enums import EventKind
from apps.telemetry.models import DeviceEvent

#: The outbox job that reads what was told of a downlink before its name was known: ``{"downlink"}``.
JOB: Final = "telemetry.downlink"
#: Log codes that end a queue item. ``DOWNLINK_GATEWAY`` does not: the server tries again.
_CODES: Final[Mapping[str, tuple[DownlinkState | None, DownlinkReason | str]]] = {
    "DOWNLINK_PAYLOAD_SIZE": (DownlinkState.FAILED, DownlinkReason.TOO_LONG),
    "F_CNT_DOWN": (DownlinkState.FAILED, DownlinkReason.COUNTER),
    "DOWNLINK_CODEC": (DownlinkState.FAILED, DownlinkReason.REFUSED),
    "EXPIRED": (DownlinkState.EXPIRED, ""),
    "DOWNLINK_GATEWAY": (None, DownlinkReason.GATEWAY),
}
#: Between the server's clock and ours.
CLOCKS_APART: Final = timedelta(hours=1)
_TELLING: Final = frozenset((EventKind.ACK.value, EventKind.TXACK.value, EventKind.LOG.value))


class Told(Protocol):
    """A device event that is stored: ``StoredNote`` or ``DeviceEvent``."""

    @property
    def device_id(self) -> uuid.UUID: ...
    @property
    def time(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


def notes_to_downlinks(*, notes: Iterable[Any]) -> int:
    """Bring downlinks to what new device events tell; how many moved. No query when none tells of one."""
    news = [one for note in notes if note.kind in _TELLING and (one := news_of(note)) is not None]
    return downlinks_follow(news=news) if news else 0


def news_of(note: Told) -> DownlinkNews | None:
    """What one event tells of a queue item; None when it tells of none. Anything may stand in it."""
    data = note.data
    if note.kind == EventKind.LOG:
        context = data.get("context")
        if note.code not in _CODES or not isinstance(context, dict):
            return None
        state, reason = _CODES[note.code]
        words, item = _text(data.get("description")), _text(context.get("queue_item_id"))
    else:
        item, words, reason, state = _text(data.get("queueItemId")), "", "", DownlinkState.SENT
        if note.kind == EventKind.ACK:
            yes = data.get("acknowledged") is True
            state = DownlinkState.ACKNOWLEDGED if yes else DownlinkState.UNANSWERED
    if not item:
        return None
    count = data.get("fCntDown")
    known = isinstance(count, int) and not isinstance(count, bool) and 0 <= count < 2**32
    return DownlinkNews(
        device_id=note.device_id,
        item=item[:64],
        at=note.time,
        state=state,
        f_cnt=count if known else None,
        reason=reason,
        words=words[:300],
    )


def _text(value: Any) -> str:
    return value.replace("\u0000", "") if isinstance(value, str) else ""


@transaction.atomic
def downlink_told_before(*, downlink_id: uuid.UUID) -> None:
    """Apply the events of a downlink that were stored before its name at the server was known here.

    The device is locked as the ingest locks it: a batch under way is waited for, a later one knows the name.
    """
    row = Downlink.objects.filter(pk=downlink_id).first()
    if row is None:
        return
    with connection.cursor() as cursor:
        devices_lock(cursor=cursor, devices=[row.device_id])
    events = DeviceEvent.objects.filter(
        device_id=row.device_id, kind__in=_TELLING, time__gte=row.created_at - CLOCKS_APART
    )
    names = {row.remote_id, str(row.pk)}
    news = [one for event in events if (one := news_of(event)) is not None and one.item in names]
    downlinks_follow(news=news)


def downlink_told_job(payload: dict[str, Any]) -> None:
    """The job's door; safe to call twice."""
    downlink_told_before(downlink_id=uuid.UUID(payload["downlink"]))
