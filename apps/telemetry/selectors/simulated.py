"""What the sample network server has for the devices of the simulator."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db.models import Q

from apps.core import clock
from apps.devices.enums import DownlinkState
from apps.devices.models import Downlink
from apps.network.enums import ServerKind
from apps.telemetry.integrations.simulator import Asked

#: The port of the sample lamp's commands, and its states.
_LAMP_PORT, _LAMPS = 10, 3
_OUT = (DownlinkState.SENT, DownlinkState.ACKNOWLEDGED, DownlinkState.UNANSWERED)


def asked_of_samples() -> tuple[dict[str, int], dict[str, tuple[Asked, ...]]]:
    """By DevEUI: the lamp that was set last, and the downlinks that wait or whose answer is due."""
    now = clock.now()
    on_server = Downlink.objects.filter(device__provision__server__kind=ServerKind.SAMPLE)
    lamps: dict[str, int] = {}
    sent = on_server.filter(state__in=_OUT, f_port=_LAMP_PORT, sent_at__isnull=False)
    rows = sent.order_by("device_id", "-sent_at").distinct("device_id")
    for dev_eui, data in rows.values_list("device__dev_eui", "data"):
        lamps[dev_eui] = bytes(data)[0] % _LAMPS
    waiting = Q(state=DownlinkState.HANDED, expires_at__gt=now)
    due = Q(state=DownlinkState.SENT, confirmed=True, sent_at__gt=now - timedelta(days=1))
    asked: dict[str, list[Asked]] = defaultdict(list)
    for row in on_server.filter(waiting | due).select_related("device").order_by("created_at"):
        counter = int(row.created_at.timestamp()) % 65536
        one = Asked(row.remote_id, counter, row.taken_at or row.created_at, row.sent_at)
        asked[row.device.dev_eui].append(one)
    return lamps, {dev_eui: tuple(found) for dev_eui, found in asked.items()}
