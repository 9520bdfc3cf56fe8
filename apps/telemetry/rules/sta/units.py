"""Units as SensorThings tells them: name, symbol, and what they are by QUDT's vocabulary."""

from __future__ import annotations

from typing import Final

_QUDT: Final = "http://qudt.org/vocab/unit/"
#: By the symbol as people write it: QUDT's code and the English name.
_UNITS: Final = {
    "°C": ("DEG_C", "degree Celsius"),
    "℃": ("DEG_C", "degree Celsius"),
    "K": ("K", "kelvin"),
    "%": ("PERCENT", "percent"),
    "%RH": ("PERCENT_RH", "percent relative humidity"),
    "ppm": ("PPM", "parts per million"),
    "mm": ("MilliM", "millimetre"),
    "cm": ("CentiM", "centimetre"),
    "m": ("M", "metre"),
    "km": ("KiloM", "kilometre"),
    "m/s": ("M-PER-SEC", "metre per second"),
    "km/h": ("KiloM-PER-HR", "kilometre per hour"),
    "mm/h": ("MilliM-PER-HR", "millimetre per hour"),
    "°": ("DEG", "degree"),
    "hPa": ("HectoPA", "hectopascal"),
    "kPa": ("KiloPA", "kilopascal"),
    "Pa": ("PA", "pascal"),
    "V": ("V", "volt"),
    "mV": ("MilliV", "millivolt"),
    "A": ("A", "ampere"),
    "mA": ("MilliA", "milliampere"),
    "W": ("W", "watt"),
    "kWh": ("KiloW-HR", "kilowatt hour"),
    "lx": ("LUX", "lux"),
    "dB": ("DeciB", "decibel"),
    "g": ("GM", "gram"),
    "kg": ("KiloGM", "kilogram"),
    "L": ("L", "litre"),
    "m³": ("M3", "cubic metre"),
    "s": ("SEC", "second"),
    "min": ("MIN", "minute"),
    "h": ("HR", "hour"),
}


def unit_of(symbol: str) -> dict[str, str | None]:
    """``unitOfMeasurement``; what is not known keeps its symbol, and nothing is null throughout."""
    if not symbol:
        return {"name": None, "symbol": None, "definition": None}
    code, name = _UNITS.get(symbol, ("", symbol))
    return {"name": name, "symbol": symbol, "definition": f"{_QUDT}{code}" if code else None}
