"""What decoded values are called: by their model, or otherwise by the device's own people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.devices.models import Device
from apps.telemetry.selectors.sight import latest_of


@dataclass(frozen=True)
class Field:
    """A decoded value's name, label in the reader's language, unit and decimals; ``low`` and ``high`` are
    what is plausible (either may be unknown)."""

    name: str
    label: str
    unit: str
    places: int | None
    low: float | None = None
    high: float | None = None

    @property
    def heading(self) -> str:
        return f"{self.label} {self.unit}".strip()

    @property
    def column(self) -> str:
        """Over a column of a file: the name, which programs look for, then what people call it."""
        words = self.heading if self.label != self.name else self.unit
        return f"{self.name} ({words})" if words else self.name

    def implausible(self, value: float) -> bool:
        return (self.low is not None and value < self.low) or (self.high is not None and value > self.high)


def described(device: Device) -> dict[str, dict[str, Any]]:
    """Every field that the model or the device describes: what the device says stands over the model."""
    known: dict[str, Any] = device.model.fields if device.model else {}
    own: dict[str, Any] = device.fields
    return {name: {**_row(known, name), **_row(own, name)} for name in {**known, **own}}


def _row(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    row = fields.get(name)
    return row if isinstance(row, dict) else {}


def names_of(device: Device) -> list[str]:
    """The names of all values: those described, in their order, and those among the newest. One query."""
    latest = [row.values for row in latest_of([device]).values() if isinstance(row.values, dict)]
    seen = {name[:60] for values in latest for name in values if "\x00" not in name}
    return [field.name for field in fields_of(device, seen, None)][:60]


def fields_of(device: Device, seen: Collection[str], language: str | None) -> list[Field]:
    """The fields that are described, in their order, then any other that was ``seen``, by name."""
    known = described(device)
    # jsonb keeps no order of its keys: the fields carry theirs.
    names = [
        *sorted(known, key=lambda name: (known[name].get("order", 99), name)),
        *sorted(set(seen) - set(known)),
    ]
    return [_field(name, known.get(name, {}), language) for name in names]


def described_order(devices: Iterable[Device]) -> list[str]:
    """Names of all fields that any of ``devices`` or its model describes, in their order."""
    found: dict[str, int] = {}
    for device in devices:
        for name, row in described(device).items():
            found[name] = min(found.get(name, 99), row.get("order", 99))
    return sorted(found, key=lambda name: (found[name], name))


def words_of_fields(devices: Iterable[Device], language: str | None) -> dict[str, str]:
    """All fields that ``devices`` describe or sent last, by name, each as people call it: the heading, then
    the name in brackets. Devices that call one field otherwise are heard too. One query."""
    devices = list(devices)
    seen = {pk: row.values for pk, row in latest_of(devices).items() if isinstance(row.values, dict)}
    said: dict[str, dict[str, None]] = defaultdict(dict)
    for device in devices:
        for field in fields_of(device, seen.get(device.pk, ()), language):
            words = said[field.name]
            if field.heading != field.name:
                words[field.heading] = None
    described_first = described_order(devices)
    names = [*described_first, *sorted(set(said) - set(described_first))]
    return {name: _words(name, list(said[name])) for name in names}


def _words(name: str, headings: list[str]) -> str:
    return f"{' / '.join(headings[:3])} ({name})" if headings else name


def _field(name: str, row: Mapping[str, Any], language: str | None) -> Field:
    label = (language == "en" and row.get("label_en")) or row.get("label") or name
    return Field(
        name, str(label), str(row.get("unit", "")), row.get("decimals"), row.get("low"), row.get("high")
    )
