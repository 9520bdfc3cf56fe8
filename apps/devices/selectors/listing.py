"""The list of a trial's devices: their states, what needs attention first, filters, counts.

Whether data arrives is known to telemetry alone: it answers the facts ``device.state`` and
``device.link`` (``core.registry``) with the two classes here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from apps.core.registry import facts
from apps.core.text import clean_line
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceQuerySet


@dataclass(frozen=True)
class StateFact:
    """A device's state in plain words. ``severity``: error, attention, waiting, good or off; ``sign`` is
    the device state of the components that draws it; ``others`` are labels of what else needs attention."""

    code: str
    severity: str
    sign: str
    label: str
    text: str = ""
    to_do: str = ""
    since: datetime | None = None
    last_at: datetime | None = None
    others: Sequence[str] = ()


@dataclass(frozen=True)
class LinkFact:
    """A device's radio link over the last ``hours``; ``grade``: good, fair, weak or unknown.

    ``loss_percent`` by the frame counter (None: too little to say), ``rssi`` dBm, ``snr`` dB, ``battery``
    percent, ``margin`` dB with which the device hears the network.
    """

    grade: str
    hours: int
    uplinks: int
    expected: int
    loss_percent: float | None
    rssi: int | None
    snr: float | None
    gateways: int | None
    data_rate: int | None
    battery: float | None
    external_power: bool
    margin: int | None


@dataclass(frozen=True)
class DeviceRow:
    """A device as a list shows it."""

    device: Device
    state: StateFact


#: Severities in the order in which they need somebody: the groups of the list.
GROUPS = ("error", "attention", "waiting", "good", "off")
SORTS = ("attention", "name", "last")
#: The sign and the word of each group of states.
GROUP_WORDS: dict[str, tuple[str, str | Promise]] = {
    "error": ("silent", _("To be put right")),
    "attention": ("late", _("To watch")),
    "waiting": ("never", pgettext_lazy("devices", "Waiting")),
    "good": ("ok", pgettext_lazy("device", "Receiving")),
    "off": ("paused", _("Not watched")),
}


@dataclass(frozen=True)
class DeviceWish:
    """What a reader asked the list for; anything unknown is left out."""

    group: str = ""
    sort: str = SORTS[0]
    find: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> DeviceWish:
        group, sort = asked.get("state", ""), asked.get("sort", "")
        return cls(
            group=group if group in GROUPS else "",
            sort=sort if sort in SORTS else SORTS[0],
            find=clean_line(asked.get("find", ""))[:100],
        )


@dataclass(frozen=True)
class DeviceList:
    """``rows`` as asked; ``counts`` of all devices of the trial by group; ``total`` of them."""

    rows: list[DeviceRow]
    counts: Mapping[str, int]
    total: int
    wish: DeviceWish = field(default_factory=DeviceWish)


def unknown_state(device: Device) -> StateFact:
    """What can be said without telemetry."""
    if device.state == DeviceState.RETIRED:
        return StateFact("retired", "off", "paused", pgettext("device", "Retired"))
    if device.state == DeviceState.PAUSED:
        return StateFact("paused", "off", "paused", pgettext("device", "Paused"))
    return StateFact("unknown", "waiting", "never", pgettext("device", "Nothing received yet"))


def device_rows(devices: Sequence[Device]) -> list[DeviceRow]:
    """``devices`` (with their models) and their states, in the same order."""
    known: Mapping[object, StateFact] = facts("device.state", devices)
    return [DeviceRow(device, known.get(device.pk) or unknown_state(device)) for device in devices]


def device_list(devices: DeviceQuerySet, wish: DeviceWish) -> DeviceList:
    """The list of a trial. All devices are judged, for the counts and the order; their number is bounded
    by the trial's quota."""
    every = device_rows(list(devices))
    counts = Counter(row.state.severity for row in every)
    rows = every
    if wish.find:
        found = set(devices.order_by().filter(_wanted(wish.find)).values_list("pk", flat=True))
        rows = [row for row in rows if row.device.pk in found]
    if wish.group:
        rows = [row for row in rows if row.state.severity == wish.group]
    return DeviceList(_sorted(rows, wish.sort), counts, len(every), wish)


def _wanted(text: str) -> Q:
    digits = "".join(text.split()).replace("-", "").lower()
    named = Q(name__icontains=text) | Q(place_name__icontains=text)
    return named | Q(dev_eui__contains=digits) if digits else named


def _sorted(rows: list[DeviceRow], sort: str) -> list[DeviceRow]:
    """By need (within a need by name), by name, or by the last uplink; retired ones stay last."""
    if sort == "name":
        return rows
    if sort == "last":
        return sorted(
            rows, key=lambda row: row.state.last_at.timestamp() if row.state.last_at else 0, reverse=True
        )
    return sorted(rows, key=lambda row: GROUPS.index(row.state.severity))
