"""The eight kinds of entities of the Sensing part: their properties and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Link:
    """Leads to entities of ``kind``: several (``many``) or exactly one."""

    kind: str
    many: bool


@dataclass(frozen=True)
class Kind:
    """``free`` are properties whose inside (GeoJSON, metadata) may be named in a path as well."""

    name: str
    set_name: str
    properties: tuple[str, ...]
    free: tuple[str, ...]
    links: Mapping[str, Link]


def _kind(name: str, set_name: str, properties: str, free: str, one: str, many: str) -> Kind:
    links = {link: Link(link, many=False) for link in one.split()}
    links |= {link: Link(_SINGULAR[link], many=True) for link in many.split()}
    return Kind(name, set_name, tuple(properties.split()), tuple(free.split()), links)


_SINGULAR: Final = {
    "Things": "Thing",
    "Locations": "Location",
    "HistoricalLocations": "HistoricalLocation",
    "Datastreams": "Datastream",
    "Sensors": "Sensor",
    "ObservedProperties": "ObservedProperty",
    "Observations": "Observation",
    "FeaturesOfInterest": "FeatureOfInterest",
}
_ALL: Final = (
    _kind(
        "Thing",
        "Things",
        "name description properties",
        "properties",
        "",
        "Datastreams Locations HistoricalLocations",
    ),
    _kind(
        "Location",
        "Locations",
        "name description encodingType location properties",
        "location properties",
        "",
        "Things HistoricalLocations",
    ),
    _kind("HistoricalLocation", "HistoricalLocations", "time", "", "Thing", "Locations"),
    _kind(
        "Datastream",
        "Datastreams",
        "name description observationType unitOfMeasurement properties",
        "unitOfMeasurement properties",
        "Thing Sensor ObservedProperty",
        "Observations",
    ),
    _kind(
        "Sensor",
        "Sensors",
        "name description encodingType metadata properties",
        "metadata properties",
        "",
        "Datastreams",
    ),
    _kind(
        "ObservedProperty",
        "ObservedProperties",
        "name definition description properties",
        "properties",
        "",
        "Datastreams",
    ),
    _kind(
        "Observation",
        "Observations",
        "phenomenonTime resultTime result parameters",
        "result parameters",
        "Datastream FeatureOfInterest",
        "",
    ),
    _kind(
        "FeatureOfInterest",
        "FeaturesOfInterest",
        "name description encodingType feature properties",
        "feature properties",
        "",
        "Observations",
    ),
)
KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ALL}
SETS: Final[Mapping[str, Kind]] = {kind.set_name: kind for kind in _ALL}
#: How an id is named in an option.
ID_NAMES: Final = ("@iot.id", "id")
