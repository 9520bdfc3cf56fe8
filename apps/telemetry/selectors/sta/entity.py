"""One entity: its kind, its id, its properties as values (times are times, not texts)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.telemetry.rules.sta.filters import Path
from apps.telemetry.rules.sta.kinds import ID_NAMES, KINDS, Kind


@dataclass(frozen=True, slots=True)
class Entity:
    """``device`` and ``name`` (of the decoded value) say what it hangs on, where it hangs on one."""

    kind: Kind
    id: str
    values: dict[str, Any] = field(hash=False, compare=False)
    device: uuid.UUID | None = None
    name: str = ""


def entity(kind: str, pk: str, values: dict[str, Any], **more: Any) -> Entity:
    return Entity(KINDS[kind], pk, values, **more)


def inside(one: Entity, parts: Sequence[str]) -> Any:
    """The value at ``parts`` (checked against the kind) in ``one``; None where there is nothing."""
    if parts[0] in ID_NAMES:
        return one.id
    value: Any = one.values.get(parts[0])
    for part in parts[1:]:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def leads_over(path: Path, kind: Kind) -> bool:
    """Whether ``path`` begins with a link."""
    return path.parts[0] in kind.links
