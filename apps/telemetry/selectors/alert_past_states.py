"""What a rule on states would have read in a stretch of the past: uplinks and notes, read again."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from django.db import connection

from apps.devices.models import Device
from apps.telemetry.enums import EventKind
from apps.telemetry.models import DeviceEvent, Uplink
from apps.telemetry.rules.alert_readings import battery_reading
from apps.telemetry.rules.alerting import Reading
from apps.telemetry.rules.past_states import Note, past_states
from apps.telemetry.rules.rhythm import LEARNT_FROM, Moment
from apps.telemetry.rules.trouble import trouble_of
from apps.telemetry.selectors.states import facts_of

#: How far back a note is looked for that still held when the stretch began.
BEFORE: Final = timedelta(days=31)
_KINDS: Final = (EventKind.JOIN, EventKind.LOG, EventKind.STATUS)
_UPLINK: Final = ("device_id", "time", "f_cnt", "dev_addr", "decode_state")
#: The newest of each device before a moment, from which its rhythm is learnt.
_EARLIER: Final = """
SELECT d.id, u.time, u.f_cnt, u.dev_addr, u.decode_state FROM unnest(%s::uuid[]) AS d(id), LATERAL (
    SELECT time, f_cnt, dev_addr, decode_state FROM telemetry_uplink
    WHERE device_id = d.id AND time < %s AND time > %s::timestamptz - interval '31 days'
    ORDER BY time DESC LIMIT %s
) u
"""


def state_readings(
    states: Collection[str], devices: Sequence[Device], since: datetime, until: datetime, most: int
) -> Iterator[tuple[uuid.UUID, Reading]]:
    """(device, reading) of the stretch by device, oldest first; of uplinks and notes ``most`` are read.

    Seven queries and one, however many devices.
    """
    told = _told([device.pk for device in devices], since, until, most)
    facts = facts_of(devices, until)
    for device in devices:
        rows = sorted(told.get(device.pk, ()), key=attrgetter("time"))
        for at, codes in past_states(facts[device.pk], rows, since=since, until=until):
            yield device.pk, Reading(at, state=next((code for code in codes if code in states), ""))


def _told(
    pks: list[uuid.UUID], since: datetime, until: datetime, most: int
) -> dict[uuid.UUID, list[Moment | Note]]:
    found: dict[uuid.UUID, list[Moment | Note]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [pks, since, since, LEARNT_FROM])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    uplinks = Uplink.objects.filter(device_id__in=pks, time__range=(since, until))
    rows += uplinks.order_by("device_id", "time").values_list(*_UPLINK)[: most + 1]
    for pk, time, f_cnt, dev_addr, state in rows:
        found[pk].append(Moment(time, f_cnt, dev_addr, state))
    notes = DeviceEvent.objects.filter(
        device_id__in=pks, time__range=(since - BEFORE, until), kind__in=_KINDS
    )
    names = ("device_id", "time", "kind", "data")
    for pk, time, kind, data in notes.order_by("device_id", "time").values_list(*names)[: most + 1]:
        found[pk].append(_note(time, kind, data if isinstance(data, dict) else {}))
    return found


def _note(time: datetime, kind: str, data: dict[str, Any]) -> Note:
    if kind == EventKind.JOIN:
        return Note(time, joined=True)
    if kind == EventKind.LOG:
        return Note(time, trouble=trouble_of(str(data.get("code") or ""), str(data.get("description") or "")))
    return Note(time, told_battery=True, battery=battery_reading(time, data).value)
