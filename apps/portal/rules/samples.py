"""Values for the parameters of an operation: the reader's own, a public one, else a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from apps.portal.rules.openapi import Field, Operation

#: What the part of a path that follows this one names.
COLLECTIONS = {
    "devices": "device",
    "trials": "trial",
    "calls": "call",
    "reports": "report",
    "downlinks": "downlink",
    "exports": "export",
    "webhooks": "webhook",
    "messages": "message",
    "dead-letters": "letter",
    "device-models": "model",
    "codecs": "codec",
    "codec-examples": "example",
    "redecodes": "redecode",
}
#: What a parameter of this name names.
NAMES = {"trial": "trial", "device": "device", "mesh": "mesh"}
SAMPLES: dict[str, str] = {
    "device": "7d0c1c5e-2f0b-4a0e-9f6a-6a1f7f3f9b11",
    "trial": "2026-015",
    "call": "2026",
    "report": "2025-003",
    "mesh": "5537015",
}
#: What stands where there is nothing of the reader's own: no id at all, so that nobody takes it for one.
PLACEHOLDERS: dict[str, str] = {
    "downlink": "DOWNLINK-ID",
    "export": "EXPORT-ID",
    "webhook": "WEBHOOK-ID",
    "message": "MESSAGE-ID",
    "letter": "MESSAGE-ID",
    "model": "MODEL-ID",
    "codec": "VERSION",
    "example": "EXAMPLE-ID",
    "redecode": "REDECODE-ID",
}
#: The operation that lists what a placeholder stands for.
LISTS: dict[str, str] = {
    "downlink": "downlinks_list",
    "export": "exports_list",
    "webhook": "webhooks_list",
    "message": "webhooks_messages_list",
    "letter": "dead_letters_list",
    "model": "device_models_list",
    "codec": "codecs_list",
    "example": "codec_examples_list",
    "redecode": "redecodes_list",
}
_UUID = "3b2c4f6e-6f6b-4a54-9a2b-0d9a0c4f1a11"


@dataclass(frozen=True)
class Value:
    """A parameter and what stands for it; ``origin`` is ``own``, ``public``, ``sample``, ``placeholder`` or
    ``none``."""

    field: Field
    value: str
    origin: str
    #: ``device``, ``trial``, ``webhook`` … where it is a thing of the reader's own.
    names: str = ""

    @property
    def typed(self) -> str:
        """What stands in a field to begin with."""
        return "" if self.origin == "placeholder" else self.value

    @property
    def hint(self) -> str:
        """What it may look like, for an empty field."""
        if self.origin == "placeholder":
            return self.value
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
        elif parameter.required and name in PLACEHOLDERS:
            found.append(Value(parameter, PLACEHOLDERS[name], "placeholder", name))
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
    """A body's example with the reader's own trial and device in it, wherever they are named."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, part in value.items():
        if name in ("trial", "device") and name in own:
            found[name] = own[name]
        elif name == "trials" and part and "trial" in own:
            found[name] = [own["trial"]]
        else:
            found[name] = own_body(part, own)
    return found
