"""What network servers tell of downlinks: on the air, acknowledged or not, dropped."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.devices.domain.downlinks import downlink_move
from apps.devices.enums import DownlinkReason, DownlinkState
from apps.devices.models import Downlink


@dataclass(frozen=True)
class DownlinkNews:
    """``item``: the queue item's name at the server. ``state`` None: only the ``reason`` is kept."""

    device_id: uuid.UUID
    item: str
    at: datetime
    state: DownlinkState | None
    f_cnt: int | None = None
    reason: DownlinkReason | str = ""
    words: str = ""


def downlinks_follow(*, news: Sequence[DownlinkNews]) -> int:
    """Bring downlinks to what ``news`` tell of them, in whatever order; how many moved. One query and one
    for each downlink that is known; none without news.

    What is being handed over at this moment is left out: who hands it over looks for its news afterwards.
    To be called in a transaction.
    """
    if not news:
        return 0
    own = [key for one in news if (key := _uuid(one.item)) is not None]
    named = Q(remote_id__in={one.item for one in news}) | Q(pk__in=own)
    rows = Downlink.objects.filter(named, device__in={one.device_id for one in news})
    known: dict[tuple[uuid.UUID, str], Downlink] = {}
    for row in rows.select_for_update(of=("self",), skip_locked=True).order_by("pk"):
        known[row.device_id, str(row.pk)] = row
        if row.remote_id:
            known[row.device_id, row.remote_id] = row
    moved = 0
    for one in sorted(news, key=lambda one: one.at):
        found = known.get((one.device_id, one.item))
        if found is not None:
            moved += _apply(found, one)
    return moved


def _apply(row: Downlink, news: DownlinkNews) -> bool:
    if news.state is None:
        if row.state == DownlinkState.HANDED:
            row.reason, row.fault = news.reason, news.words[:300]
            row.save(update_fields=["reason", "fault", "updated_at"])
        return False
    values: dict[str, Any] = {}
    if news.state == DownlinkState.SENT and row.sent_at is None:
        values["sent_at"] = news.at
    if news.state == DownlinkState.ACKNOWLEDGED and row.acknowledged_at is None:
        values["acknowledged_at"] = news.at
    if news.f_cnt is not None and row.f_cnt_down is None:
        values["f_cnt_down"] = news.f_cnt
    return downlink_move(row=row, to=news.state, reason=news.reason, fault=news.words, **values)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
