"""Positions inside mask zones: found in whatever a device sent, and taken out. Pure.

A codec may call a position what it likes (``lat``/``lng``, ``gps.x``, ``"36.69,137.21"``, whole numbers in
1e-7 degrees, NMEA's degrees and minutes). So names decide nothing: every number is tried as a latitude and
as a longitude in each usual form. That both fall into one circle of some metres by chance does not happen.
What was sent is tried the same way, byte by byte, because a codec need not decode all of it.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

_METRES: Final = 111_195.0
_SCALES: Final = tuple(10.0**-power for power in range(8)) + (180 / 2**31, 180 / 2**23, 90 / 2**23)
_NUMBER: Final = re.compile(r"[-+]?\d{1,12}(?:\.\d{1,15})?")
_DEGREES: Final = re.compile(r"(\d{1,3})\s*°\s*(\d{1,2}(?:\.\d+)?)\s*['′]\s*(?:(\d{1,2}(?:\.\d+)?))?")
#: Positions in a form that is not read here.
_UNREAD: Final = re.compile(
    r"geo_?hash|plus_?code|open_?location|what3words|w3w|mgrs|maidenhead|easting|northing|\butm", re.I
)
_PLACED: Final = re.compile(
    r"^(lat|latitude|lon|lng|long|longitude|alt|altitude|location|position|gps)$", re.I
)
_DEEPEST: Final = 32


@dataclass(frozen=True)
class Zone:
    """A circle: centre in degrees, radius in metres."""

    latitude: float
    longitude: float
    radius_m: float

    @cached_property
    def _wide(self) -> float:
        return self.radius_m / (_METRES * max(math.cos(math.radians(self.latitude)), 0.01))

    @cached_property
    def _high(self) -> float:
        return self.radius_m / _METRES

    def at_latitude(self, value: float) -> bool:
        return abs(value - self.latitude) <= self._high

    def at_longitude(self, value: float) -> bool:
        return abs(value - self.longitude) <= self._wide

    def holds(self, latitude: float, longitude: float) -> bool:
        return (
            math.hypot((latitude - self.latitude) / self._high, (longitude - self.longitude) / self._wide)
            <= 1
        )


def zones_hit(value: Any, zones: Sequence[Zone]) -> list[Zone]:
    """The zones in which a position of ``value`` (decoded JSON) lies."""
    return _hit(list(_readings(value)), zones)


def zones_hit_raw(data: bytes, zones: Sequence[Zone]) -> list[Zone]:
    """The zones in which a position may lie that stands in ``data`` as numbers or as text."""
    found = list(_raw(data))
    found += _readings(data.decode("latin-1"))
    return _hit(found, zones)


def unreadable(value: Any) -> bool:
    """Whether ``value`` names a position in a form that cannot be compared with a zone."""
    if isinstance(value, dict):
        return any(_UNREAD.search(str(name)) or unreadable(part) for name, part in value.items())
    return isinstance(value, list) and any(unreadable(part) for part in value)


def without_positions(value: Any, zones: Sequence[Zone]) -> Any:
    """``value`` without what would tell a position in ``zones``: None when nothing is left.

    Kept are numbers that are no coordinate, truth values, and texts without digits.
    """
    left = _kept(value, zones)
    return None if left is _GONE or left in ({}, []) or zones_hit(left, zones) else left


_GONE: Final = object()


def _kept(value: Any, zones: Sequence[Zone], depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return _GONE
    if isinstance(value, dict):
        parts = {
            name: _kept(part, zones, depth + 1)
            for name, part in value.items()
            if not _PLACED.match(str(name))
        }
        return {name: part for name, part in parts.items() if part is not _GONE and part != {}}
    if isinstance(value, list):
        rows = [_kept(part, zones, depth + 1) for part in value]
        # Half a position in a list would be the other half's place.
        return _GONE if any(row is _GONE for row in rows) else rows
    if isinstance(value, str):
        return _GONE if any(letter.isdigit() for letter in value) else value
    if isinstance(value, bool) or value is None:
        return value
    near = any(zone.at_latitude(one) or zone.at_longitude(one) for one in _forms(value) for zone in zones)
    return _GONE if near else value


def _hit(readings: Iterable[float], zones: Sequence[Zone]) -> list[Zone]:
    found = []
    readings = list(readings)
    for zone in zones:
        latitudes = {value for value in readings if zone.at_latitude(value)}
        longitudes = {value for value in readings if zone.at_longitude(value)} if latitudes else set()
        if any(zone.holds(latitude, longitude) for latitude in latitudes for longitude in longitudes):
            found.append(zone)
    return found


def _readings(value: Any, depth: int = 0) -> Iterator[float]:
    """Every number in ``value``, in each form that it may have as a coordinate."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _readings(str(name), depth + 1)
            yield from _readings(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _readings(part, depth + 1)
    elif isinstance(value, str):
        yield from _in_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _forms(value)


def _in_text(text: str) -> Iterator[float]:
    for found in _DEGREES.finditer(text):
        yield float(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    for found in _NUMBER.finditer(text):
        yield from _forms(float(found[0]))


def _forms(value: float) -> Iterator[float]:
    """``value`` as degrees, as parts of them, and as NMEA's ``ddmm.mmmm``."""
    if not math.isfinite(value) or abs(value) > 1e12:
        return
    for scale in _SCALES:
        yield value * scale
    degrees = math.trunc(value / 100)
    yield degrees + (value - degrees * 100) / 60


def _raw(data: bytes) -> Iterator[float]:
    """Each place of ``data`` as a whole number of 24 or 32 bits and as a float, in both byte orders."""
    for start in range(len(data) - 2):
        for order, sign in (("little", "<"), ("big", ">")):
            yield from _forms(int.from_bytes(data[start : start + 3], order, signed=True))  # type: ignore[arg-type]
            four, eight = data[start : start + 4], data[start : start + 8]
            if len(four) == 4:
                yield from _forms(int.from_bytes(four, order, signed=True))  # type: ignore[arg-type]
                yield from _floats(sign + "f", four)
            if len(eight) == 8:
                yield from _floats(sign + "d", eight)


def _floats(form: str, data: bytes) -> Iterator[float]:
    (value,) = struct.unpack(form, data)
    if math.isfinite(value):
        yield value
