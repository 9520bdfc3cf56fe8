"""The newest values of a key's devices, as JSON that PostgreSQL wrote once for each version of a row.

Who polls asks again and again for rows of which few have changed. PostgreSQL tells of each row only in which
version it is; what it wrote of that version before is kept in this process. Nothing that writes has to know
of it: another version is another text.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from apps.apikeys.models import ApiKey
from apps.devices.enums import DeviceState

#: A time in ISO 8601 with Japan's offset, as the other operations write it.
_FORM = "'YYYY-MM-DD\"T\"HH24:MI:SS.US'"
_TEXT = f"replace(to_char({{}} AT TIME ZONE 'Asia/Tokyo', {_FORM}), '.000000', '') || '+09:00'"
#: What the newest values of a device hold, in this order, and what PostgreSQL calls it.
LATEST: Final = {
    "device_id": "d.id",
    "name": "d.name",
    "dev_eui": "d.dev_eui",
    "trial": "t.code",
    "deduplication_id": "l.deduplication_id",
    "time": _TEXT.format("l.time"),
    "received_at": _TEXT.format("l.received_at"),
    "f_cnt": "l.f_cnt",
    "data_rate": "l.dr",
    "rssi": "l.rssi",
    "snr": "l.snr",
    "decode_state": "l.decode_state",
    "values": "l.values",
}
#: Which columns of which device, where its rows stand and which transactions wrote them: no two versions of a
#: row share both. One text, made by PostgreSQL: 200 tuples as keys cost more here than 200 rows there.
_MARK = "concat_ws(' ', %(columns)s, d.id, l.ctid, l.xmin, d.ctid, d.xmin, t.ctid, t.xmin)"
_LATEST = """
SELECT d.id::text, {mark}, {text}
FROM telemetry_devicelatest AS l
JOIN devices_device AS d ON d.id = l.device_id
JOIN trials_trial AS t ON t.id = d.trial_id
WHERE d.organization_id = %(organization)s AND d.state <> %(retired)s AND (
    NOT EXISTS (SELECT FROM apikeys_apikey_trials WHERE apikey_id = %(key)s)
    OR d.trial_id IN (SELECT trial_id FROM apikeys_apikey_trials WHERE apikey_id = %(key)s)
        AND (d.joined_trial_at IS NULL OR l.time >= d.joined_trial_at)
) {conditions}
ORDER BY d.id LIMIT %(limit)s
"""
_JSON = "(SELECT row_to_json(x)::text FROM (SELECT {columns}) AS x)"
_UNKNOWN = " AND d.id = ANY(%(unknown)s::uuid[])"
#: How many texts are kept, twice over; one takes about half a kilobyte.
MOST_KEPT: Final = 10_000


class Kept:
    """Texts by mark. What nobody asked for while ``most`` others came is forgotten; threads may share it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.young: dict[str, str] = {}
        self.old: dict[str, str] = {}

    def get(self, mark: str) -> str | None:
        text = self.young.get(mark)
        if text is None and (text := self.old.get(mark)) is not None:
            self.put(mark, text)
        return text

    def put(self, mark: str, text: str) -> None:
        self.young[mark] = text
        if len(self.young) >= self.most:
            self.old, self.young = self.young, {}


_kept = Kept(MOST_KEPT)


def latest_by_key(
    *, key: ApiKey | Any, names: Sequence[str], trial: str, after: uuid.UUID | None, limit: int
) -> list[tuple[str, str]]:
    """Newest values of the devices in use, by device: its id, and ``names`` of ``LATEST`` as JSON.

    One query for the versions, and one for the rows whose version is new to this process.
    """
    columns = ", ".join(f'{LATEST[name]} AS "{name}"' for name in names)
    given = {"AND t.code = %(trial)s": trial, "AND d.id > %(after)s": after}
    conditions = " ".join(text for text, value in given.items() if value)
    values = {
        "organization": key.organization_id,
        "retired": DeviceState.RETIRED.value,
        "key": key.pk,
        "trial": trial,
        "after": after,
        "limit": limit,
        "columns": ",".join(names) if len(names) < len(LATEST) else "",
    }
    told = [(device, _kept.get(mark)) for device, mark, _text in _rows("NULL", conditions, values)]
    unknown = [device for device, text in told if text is None]
    if unknown:
        written = dict(_written(columns, conditions + _UNKNOWN, {**values, "unknown": unknown}))
        told = [(device, text or written.get(device)) for device, text in told]
        if any(text is None for _device, text in told):
            # One went out of sight between the two queries: the page must not end early for it.
            return _written(columns, conditions, values)
    return told  # type: ignore[return-value]


def _written(columns: str, conditions: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    """By device, what PostgreSQL writes of it now; kept for the next who asks."""
    rows = _rows(_JSON.format(columns=columns), conditions, values)
    for _device, mark, text in rows:
        _kept.put(mark, text)
    return [(device, text) for device, _mark, text in rows]


def _rows(text: str, conditions: str, values: dict[str, Any]) -> list[tuple[str, str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST.format(mark=_MARK, text=text, conditions=conditions), values)
        return list(cursor.fetchall())
