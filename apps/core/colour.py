"""Contrast of colours as WCAG 2.2 defines it."""

from __future__ import annotations


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Relative luminance (0–1) of ``#rrggbb``."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def contrast_with_white(colour: str) -> float:
    """Contrast ratio (1–21) between ``#rrggbb`` and white."""
    return 1.05 / (luminance(colour) + 0.05)


def darker(colour: str, share: float) -> str:
    """``#rrggbb`` with each channel lowered by ``share`` (0–1)."""
    channels = (int(int(colour[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in channels)
