"""From an address to what it names: a set, an entity, a property, references."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core.errors import NotFound
from apps.devices.selectors import visible_to_key
from apps.telemetry.rules.sta.kinds import KINDS, SETS, Kind
from apps.telemetry.rules.sta.paths import Step
from apps.telemetry.selectors.sta.catalogue import Catalogue
from apps.telemetry.selectors.sta.conditions import Condition, observation_id_read
from apps.telemetry.selectors.sta.entity import Entity
from apps.telemetry.selectors.sta.observations import Page, Stream, observation_by_id, observations_of

#: Sets whose ids begin with that of a device.
_OF_A_DEVICE: Final = ("Things", "Locations", "HistoricalLocations", "Datastreams", "FeaturesOfInterest")
_SHARED: Final = re.compile(r"\b(?:Sensors?|ObservedPropert(?:y|ies))\b")


@dataclass(frozen=True)
class Found:
    """``rows`` of a set, or the ``streams`` of its observations; ``one``: a single entity. ``inside`` leads
    into its properties, ``end`` is ``$ref``, ``$value`` or empty."""

    kind: Kind
    rows: Sequence[Entity] = ()
    streams: Sequence[Stream] = ()
    one: bool = False
    inside: tuple[str, ...] = ()
    end: str = ""


def nowhere() -> NotFound:
    return NotFound(_("There is nothing at this address."))


def catalogue_for(key: ApiKey | Any, steps: Sequence[Step], query: str, language: str | None) -> Catalogue:
    """What ``key`` sees. Where only one device can matter, only that one is loaded."""
    devices = visible_to_key(key)
    first = steps[0]
    if first.id is not None and not _SHARED.search(query + "/".join(step.name for step in steps[1:])):
        device: uuid.UUID | None = None
        if first.name in _OF_A_DEVICE:
            device = _uuid(first.id.partition(":")[0])
        elif first.name == "Observations":
            row = _observation(key, first.id)
            device = row.device if row else None
        else:
            return Catalogue(devices, language)
        devices = devices.filter(pk=device) if device else devices.none()
    return Catalogue(devices, language)


def find(key: ApiKey | Any, catalogue: Catalogue, steps: Sequence[Step]) -> Found:
    """What ``steps`` lead to; raises ``NotFound`` for what is not there or not the key's."""
    first = steps[0]
    kind = SETS.get(first.name)
    if kind is None:
        raise nowhere()
    if kind.name == "Observation":
        streams = [(row.device, row.name) for row in catalogue.streams.values()] if first.id is None else []
        found = Found(kind, streams=[(pk, name) for pk, name in streams if pk])
    else:
        found = Found(kind, rows=list(catalogue.all(first.name).values()))
    if first.id is not None:
        found = _picked(key, catalogue, found, first.id, anywhere=True)
    for step in steps[1:]:
        found = _next(key, catalogue, found, step)
    return found


def streams_of(catalogue: Catalogue, one: Entity) -> list[Stream]:
    """The streams whose observations hang on ``one``: a datastream, or a feature of interest."""
    if one.device is None:
        return []
    if one.kind.name == "Datastream":
        return [(one.device, one.name)]
    return [(one.device, row.name) for row in catalogue.streams_by_device[one.device]]


def _next(key: Any, catalogue: Catalogue, found: Found, step: Step) -> Found:
    if found.end or (found.inside and step.id is not None):
        raise nowhere()
    if step.name == "$ref" and not found.inside:
        return Found(found.kind, found.rows, found.streams, found.one, end="$ref")
    if not found.one:
        raise nowhere()
    if step.name == "$value" and found.inside:
        return Found(found.kind, found.rows, one=True, inside=found.inside, end="$value")
    if found.inside:
        if found.inside[0] not in found.kind.free:
            raise nowhere()
        return Found(found.kind, found.rows, one=True, inside=(*found.inside, step.name))
    if step.name in found.kind.links:
        return _followed(key, catalogue, found, step)
    if step.name in found.kind.properties and step.id is None:
        return Found(found.kind, found.rows, one=True, inside=(step.name,))
    raise nowhere()


def _followed(key: Any, catalogue: Catalogue, found: Found, step: Step) -> Found:
    link = found.kind.links[step.name]
    origin, kind = found.rows[0], KINDS[link.kind]
    if kind.name == "Observation":
        result = Found(kind, streams=streams_of(catalogue, origin))
    else:
        result = Found(kind, rows=catalogue.linked(origin, step.name), one=not link.many)
        if result.one and not result.rows:
            raise nowhere()
    if step.id is None:
        return result
    if not link.many:
        raise nowhere()
    return _picked(key, catalogue, result, step.id)


def _picked(key: Any, catalogue: Catalogue, found: Found, pk: str, *, anywhere: bool = False) -> Found:
    """The one entity of ``found`` with this id."""
    if found.kind.name == "Observation":
        row = _observation(key, pk)
        seen = row is not None and catalogue.sees(row)
        if row is None or not seen or not (anywhere or (row.device, row.name) in found.streams):
            raise nowhere()
        return Found(found.kind, rows=[row], one=True)
    rows = [row for row in found.rows if pk in (row.id, row.id.upper())]
    if not rows and anywhere and found.kind.name == "Datastream":
        rows = _sent_before(catalogue, pk)
    if not rows:
        raise nowhere()
    return Found(found.kind, rows=rows[:1], one=True)


def _sent_before(catalogue: Catalogue, pk: str) -> list[Entity]:
    """A datastream of which nothing came lately."""
    device, _colon, name = pk.partition(":")
    known = _uuid(device)
    if known is None or known not in catalogue.devices or "\x00" in name:
        return []
    if not observations_of([[(known, name)]], Page(top=1), Condition(), catalogue.sights)[0]:
        return []
    catalogue.also_seen(known, name)
    return [catalogue.streams[f"{known}:{name}"]]


def _observation(key: Any, text: str) -> Entity | None:
    known = observation_id_read(text)
    if known is None or "\x00" in text or key.organization_id is None:
        return None
    deduplication_id, time, name = known
    return observation_by_id(
        organization_id=key.organization_id, deduplication_id=deduplication_id, time=time, name=name
    )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
