"""Values for the parameters of an operation: the reader's own, a public one, else a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apps.portal.rules.openapi import Field, Operation

#: What the part of a path that follows this one names.
COLLECTIONS = {"devices": "device", "trials": "trial", "calls": "call", "reports": "report"}
#: What a parameter of this name names.
NAMES = {"trial": "trial", "device": "device", "mesh": "mesh"}
SAMPLES: dict[str, str] = {
    "device": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "trial": "2026-015",
    "call": "2026",
    "report": "2025-003",
    "mesh": "5537015",
}
_UUID = "3b2c4f6e-6f6b-4a54-9a2b-0d9a0c4f1a11"


@dataclass(frozen=True)
class Value:
    """A parameter and what stands for it; ``origin`` is ``own``, ``public``, ``sample`` or ``none``."""

    field: Field
    value: str
    origin: str
    #: ``device`` or ``trial`` where the reader's choice decides.
    names: str = ""

    @property
    def hint(self) -> str:
        """What it may look like, for an empty field."""
        given = self.field.example
        return ",".join(map(str, given)) if isinstance(given, list) else str("" if given is None else given)

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        """What a list offers for it; empty: it is typed."""
        if self.field.kind == "boolean" and not self.field.choices:
            return (("true", ""), ("false", ""))
        return self.field.choices if not self.field.kind.endswith("[]") else ()


def names_of(path: str, parameter: Field) -> str:
    """Which thing a parameter names: ``device``, ``trial``, ``call`` …, or nothing known."""
    if parameter.place == "path":
        before = path.split(f"/{{{parameter.name}}}")[0].rsplit("/", 1)[-1]
        if before in COLLECTIONS:
            return COLLECTIONS[before]
    return NAMES.get(parameter.name, "")


def _sample(parameter: Field, name: str) -> str:
    if parameter.example not in (None, "", []):
        given: Any = parameter.example
        return ",".join(map(str, given)) if isinstance(given, list) else str(given)
    if name in SAMPLES:
        return SAMPLES[name]
    if parameter.choices:
        return parameter.choices[0][0]
    if "uuid" in parameter.kind:
        return _UUID
    return "1" if parameter.kind.startswith(("integer", "number")) else parameter.name


def values(operation: Operation, *, own: Mapping[str, str], public: Mapping[str, str]) -> list[Value]:
    """A value for each parameter. Optional ones stay empty unless the reader's own trial or device fits."""
    found = []
    for parameter in operation.parameters:
        name = names_of(operation.path, parameter)
        mine = own.get(name) if not operation.public else None
        shown = public.get(name) if operation.public else None
        if mine:
            found.append(Value(parameter, mine, "own", name))
        elif parameter.required and shown:
            found.append(Value(parameter, shown, "public", name))
        elif parameter.required or _is_told(parameter):
            found.append(Value(parameter, _sample(parameter, name), "sample", name))
        else:
            found.append(Value(parameter, "", "none", name))
    return found


def _is_told(parameter: Field) -> bool:
    """An optional parameter whose schema gives an example worth showing in every snippet."""
    return parameter.place == "header" and parameter.example not in (None, "")


def address(operation: Operation, given: list[Value]) -> str:
    """The path with its values, and the query of those that are not empty."""
    path = operation.path
    for row in given:
        if row.field.place == "path":
            path = path.replace(f"{{{row.field.name}}}", quote(row.value, safe=""))
    query = [
        f"{row.field.name}={quote(row.value, safe='')}"
        for row in given
        if row.field.place == "query" and row.value
    ]
    return f"{path}?{'&'.join(query)}" if query else path


def own_body(value: Any, own: Mapping[str, str]) -> Any:
    """A body's example with the reader's own trial in it."""
    if isinstance(value, dict):
        return {k: own["trial"] if k == "trial" and "trial" in own else v for k, v in value.items()}
    return value
