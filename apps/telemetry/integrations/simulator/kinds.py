"""What the sample kinds of devices measure. Values are invented; bytes are those that the sample codecs in
``fixtures/codecs`` read. The kinds are those of the city's own projects and of trials it adopted."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """When and how a device measures: ``hours`` of local time since the epoch of the samples, ``noise``
    for this very moment, ``days`` in service, ``drifts`` when its sensor slowly goes wrong, the ``lamp`` that
    a downlink set last."""

    hours: float
    noise: random.Random
    days: float = 0.0
    drifts: bool = False
    lamp: int = 0

    @property
    def of_day(self) -> float:
        return self.hours % 24

    @property
    def warmth(self) -> float:
        """-1 in the small hours, 1 in the early afternoon."""
        return math.cos((self.of_day - 14) / 24 * 2 * math.pi)

    def about(self, value: float, spread: float) -> float:
        return value + self.noise.uniform(-spread, spread)

    def wrong(self, per_day: float) -> float:
        """How far a drifting sensor is off by now."""
        return per_day * self.days if self.drifts else 0.0

    def battery(self, full: int = 3640) -> int:
        """Millivolts: a little less every day."""
        return int(max(2500, self.about(full - self.days * 0.4, 15)))


def river_level(look: Look) -> bytes:
    """A level that swells for some hours every few days, the water's temperature, the battery."""
    swell = max(0.0, math.sin(look.hours / 9.0) - 0.5) * 1.2
    level = look.about(0.92 + 0.05 * math.sin(look.hours / 4.0) + swell, 0.015) + look.wrong(0.01)
    temperature = look.about(8.6 + look.warmth * 0.9, 0.1)
    return struct.pack(">hhH", round(level * 100), round(temperature * 10), look.battery())


#: Running and stopped, then the lamps of a pump's panel: low water, pump, inverter, sensor, pressure sensor.
PUMP_STATES = 7


def snow_pump(look: Look) -> bytes:
    """A pump that runs at night, seldom with one of its fault lamps on; current, well level, battery."""
    night = look.of_day < 7 or look.of_day > 21
    state = 0 if night else 1
    fault = random.Random(int(look.hours / 5))  # noqa: S311 -- sample values
    if night and fault.random() < 0.12:
        state = fault.randrange(2, PUMP_STATES)
    current = look.about(18.4, 0.6) if state == 0 else 0.0
    level = look.about(5.2 - (0.8 if night else 0), 0.05)
    return struct.pack(">BHHH", state, round(current * 10), round(level * 100), look.battery(3580))


def _busy(look: Look) -> float:
    """How much is going on in town, 0 to 1: two peaks on a working day, one on others."""
    weekday = int(look.hours // 24) % 7 < 5
    peaks = ((8, 1.2, 1.0), (18, 2.0, 0.9)) if weekday else ((14, 3.5, 0.7),)
    return min(1.0, sum(top * math.exp(-(((look.of_day - hour) / wide) ** 2)) for hour, wide, top in peaks))


def bicycle_park(look: Look) -> bytes:
    """Bicycles in and out since the last report, those that stand there, the battery."""
    weekday = int(look.hours // 24) % 7 < 5
    full = 180 if weekday else 60
    parked = full / (1 + math.exp(-(look.of_day - 8.2) * 1.6)) / (1 + math.exp((look.of_day - 18.5) * 1.1))
    came = max(0.0, 30 * math.exp(-(((look.of_day - 8.2) / 1.1) ** 2)))
    went = max(0.0, 26 * math.exp(-(((look.of_day - 18.5) / 1.6) ** 2)))
    counts = [max(0, round(look.about(value, value / 6 + 1))) for value in (came, went, parked + 12)]
    return struct.pack(">HHHH", *counts, look.battery())


def greenhouse(look: Look) -> bytes:
    """Air temperature, humidity, CO₂, soil moisture, the battery."""
    sun = max(0.0, look.warmth)
    temperature = look.about(14 + 12 * sun, 0.4)
    humidity = max(20, min(100, look.about(88 - 34 * sun, 2)))
    carbon = look.about(620 - 240 * sun, 15)
    soil = 32 - (look.hours % 72) / 72 * 9 + look.wrong(0.05)
    return struct.pack(
        ">hBHBH",
        round(temperature * 10), round(humidity), round(carbon), max(0, round(soil * 2)), look.battery(),
    )  # fmt: skip


def paddy(look: Look) -> bytes:
    """Depth of the water, its temperature, the battery. Water runs in every fourth day."""
    depth = 62 - (look.hours % 96) / 96 * 48
    temperature = look.about(12 + 5 * look.warmth, 0.3)
    return struct.pack(">hhH", round(look.about(depth, 1.5)), round(temperature * 10), look.battery())


def net_buoy(look: Look) -> bytes:
    """Air, wind, and water at three depths (temperature, salinity), the battery: a buoy at a set net."""
    air = look.about(9 + 4 * look.warmth, 0.5)
    wind = max(0.0, look.about(4.5 + 3 * math.sin(look.hours / 17), 1.0))
    bearing = int(look.about(210 + 60 * math.sin(look.hours / 29), 12)) % 360
    depths = [(13.6, 31.2), (14.4, 33.1), (14.9, 33.8)]
    words = [
        round(value)
        for temperature, salt in depths
        for value in (
            look.about(temperature + 0.4 * math.sin(look.hours / 11), 0.1) * 10,
            # What grows on the sensor makes it read too little.
            (look.about(salt, 0.1) - look.wrong(0.02)) * 100,
        )
    ]
    return struct.pack(">hHH6hH", round(air * 10), round(wind * 10), bearing, *words, look.battery(3900))


def girder_gap(look: Look) -> bytes:
    """The gap at a girder's end, the steel's temperature, the state of the warning lamp, the battery."""
    gap = look.about(42 - 3.5 * look.warmth, 0.15) + look.wrong(0.05)
    temperature = look.about(9 + 6 * look.warmth, 0.4)
    return struct.pack(">hhBH", round(gap * 10), round(temperature * 10), look.lamp, look.battery())


def people_flow(look: Look) -> bytes:
    """People that passed one way and the other since the last report, the battery. Nobody is recognised."""
    busy = _busy(look)
    ways = [max(0, round(look.about(busy * top, busy * top / 5 + 1))) for top in (120, 105)]
    return struct.pack(">HHH", *ways, look.battery())


#: A round that a sample tracker makes, (latitude, longitude): a city bus of nobody, near the station.
_ROUND = [
    (36.7016, 137.2130),
    (36.6953, 137.2137),
    (36.6903, 137.2108),
    (36.6937, 137.2046),
    (36.6996, 137.2061),
]


def tracker(look: Look) -> bytes:
    """A position on a round through the town, its accuracy (m), the battery."""
    at = look.hours * 1.5 % len(_ROUND)
    here, there = _ROUND[int(at)], _ROUND[(int(at) + 1) % len(_ROUND)]
    part = at % 1
    latitude, longitude = (look.about(a + (b - a) * part, 0.00008) for a, b in zip(here, there, strict=True))
    accuracy = int(look.about(12, 6))
    return struct.pack(">iiBH", round(latitude * 1e6), round(longitude * 1e6), accuracy, look.battery(3900))


#: Kinds by the word that ``simulates`` of a sample model says (fixtures/demo/devices.json).
KINDS: dict[str, Callable[[Look], bytes]] = {
    "river": river_level,
    "pump": snow_pump,
    "bicycles": bicycle_park,
    "greenhouse": greenhouse,
    "paddy": paddy,
    "buoy": net_buoy,
    "girder": girder_gap,
    "people": people_flow,
    "tracker": tracker,
}
