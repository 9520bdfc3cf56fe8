"""Everything but observations, made in memory from the devices that a key sees.

These are hundreds, seldom thousands; filters and orders are worked out here. Two queries, however much is
asked: the devices, and the names of what they sent lately.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from django.contrib.gis.geos import Point

from apps.devices.models import Device, DeviceModel, DeviceQuerySet
from apps.devices.rules.sight import Sight
from apps.telemetry.rules.sta.filters import Path
from apps.telemetry.rules.sta.units import unit_of
from apps.telemetry.selectors.fields import Field, fields_of
from apps.telemetry.selectors.sta.asking import patience
from apps.telemetry.selectors.sta.entity import Entity, entity, inside

GEOJSON: Final = "application/geo+json"
_OM: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
_TYPES: Final = {"number": "Measurement", "boolean": "TruthObservation", "string": "CategoryObservation"}
#: The sensor of devices without a model.
NO_MODEL: Final = "unknown"

#: Newest uplinks and hours of each device that are asked for what they hold (with a trial: of that only).
_SEEN = """
SELECT d.id, k.name, k.type
FROM unnest(%s::uuid[], %s::uuid[]) AS d(id, trial)
CROSS JOIN LATERAL (
    SELECT e.key AS name, jsonb_typeof(e.value) AS type
    FROM (
        SELECT values FROM telemetry_uplink
        WHERE device_id = d.id AND (d.trial IS NULL OR trial_id = d.trial) ORDER BY time DESC LIMIT 20
    ) u
    CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(u.values) = 'object' THEN u.values END) e
    UNION
    SELECT jsonb_object_keys(h.fields), 'number'
    FROM (
        SELECT fields FROM telemetry_devicehour
        WHERE device_id = d.id AND (d.trial IS NULL OR trial_id = d.trial) ORDER BY hour DESC LIMIT 48
    ) h
) k
"""


class Catalogue:
    """The entities of ``devices``, labels in ``language``."""

    def __init__(self, devices: DeviceQuerySet, language: str | None) -> None:
        self._devices, self._language = devices, language

    @cached_property
    def devices(self) -> dict[uuid.UUID, Device]:
        rows = self._devices.select_related("model", "trial").order_by("name", "dev_eui", "pk")
        return {row.pk: row for row in rows}

    @cached_property
    def sights(self) -> dict[uuid.UUID, Sight]:
        """What is seen of those of which only a part is seen."""
        return {pk: row.sight for pk, row in self.devices.items() if row.sight is not None}

    @cached_property
    def things(self) -> dict[str, Entity]:
        return {str(pk): _thing(row) for pk, row in self.devices.items()}

    @cached_property
    def locations(self) -> dict[str, Entity]:
        return {str(pk): _location(row) for pk, row in self.devices.items() if row.place}

    @cached_property
    def histories(self) -> dict[str, Entity]:
        rows = ((pk, self.devices[uuid.UUID(pk)]) for pk in self.locations)
        return {
            pk: entity("HistoricalLocation", pk, {"time": row.created_at}, device=row.pk) for pk, row in rows
        }

    @cached_property
    def features(self) -> dict[str, Entity]:
        return {str(pk): _feature(row) for pk, row in self.devices.items()}

    @cached_property
    def seen(self) -> dict[uuid.UUID, dict[str, str]]:
        """Of each device what it sent lately: names with the type of their values."""
        found: dict[uuid.UUID, dict[str, str]] = {pk: {} for pk in self.devices}
        with patience() as cursor:
            trials = [self.sights[pk].trial if pk in self.sights else None for pk in found]
            cursor.execute(_SEEN, [list(found), trials])
            for pk, name, kind in cursor.fetchall():
                if kind != "null":
                    found[pk][name] = "number" if "number" in (kind, found[pk].get(name)) else kind
        return found

    def sees(self, observation: Entity) -> bool:
        """Whether ``observation`` is one of a device's here, and of that part of its past that is seen."""
        device = observation.device
        if device not in self.devices:
            return False
        sight = self.sights.get(device)
        return sight is None or sight.covers(observation.values["phenomenonTime"])

    def also_seen(self, pk: uuid.UUID, name: str) -> None:
        """``name`` was sent by the device of ``pk``, though not lately."""
        if name not in self.seen[pk]:
            self.seen[pk][name] = ""
            for made in ("_fields", "streams", "streams_by_device", "properties"):
                self.__dict__.pop(made, None)

    @cached_property
    def _fields(self) -> dict[uuid.UUID, list[Field]]:
        return {pk: fields_of(row, self.seen[pk], self._language) for pk, row in self.devices.items()}

    @cached_property
    def streams(self) -> dict[str, Entity]:
        rows = (
            _stream(self.devices[pk], one, self.seen[pk].get(one.name, ""))
            for pk, fields in self._fields.items()
            for one in fields
        )
        return {row.id: row for row in rows}

    @cached_property
    def streams_by_device(self) -> dict[uuid.UUID, list[Entity]]:
        found: dict[uuid.UUID, list[Entity]] = {pk: [] for pk in self.devices}
        for row in self.streams.values():
            if row.device is not None:
                found[row.device].append(row)
        return found

    @cached_property
    def sensors(self) -> dict[str, Entity]:
        found = {sensor_id(row): _sensor(row.model) for row in self.devices.values()}
        return dict(sorted(found.items(), key=lambda item: (item[1].values["name"], item[0])))

    @cached_property
    def properties(self) -> dict[str, Entity]:
        """By the name of the decoded value; the first device that has it gives the label."""
        labels: dict[str, str] = {}
        for fields in self._fields.values():
            for one in fields:
                labels.setdefault(one.name, one.label)
        return {name: _property(name, labels[name]) for name in sorted(labels)}

    def all(self, set_name: str) -> dict[str, Entity]:
        """Every entity of a set by its id; not for observations."""
        return {
            "Things": lambda: self.things,
            "Locations": lambda: self.locations,
            "HistoricalLocations": lambda: self.histories,
            "Datastreams": lambda: self.streams,
            "Sensors": lambda: self.sensors,
            "ObservedProperties": lambda: self.properties,
            "FeaturesOfInterest": lambda: self.features,
        }[set_name]()

    def linked(self, one: Entity, link: str) -> Sequence[Entity]:
        """Where ``link`` leads from ``one``; observations are asked for elsewhere."""
        pk = str(one.device)
        if link == "Datastreams":
            return self._streams_of(one)
        if link == "Datastream":
            if one.device is not None and f"{pk}:{one.name}" not in self.streams:
                self.also_seen(one.device, one.name)
            return [self.streams[f"{pk}:{one.name}"]]
        if link == "Sensor":
            return [self.sensors[sensor_id(self.devices[uuid.UUID(pk)])]]
        if link == "ObservedProperty":
            return [self.properties[one.name]]
        found = {
            "Thing": lambda: self.things,
            "Things": lambda: self.things,
            "Locations": lambda: self.locations,
            "HistoricalLocations": lambda: self.histories,
            "FeatureOfInterest": lambda: self.features,
        }[link]()
        return [found[pk]] if pk in found else []

    def _streams_of(self, one: Entity) -> Sequence[Entity]:
        if one.device is not None:
            return self.streams_by_device[one.device]
        index = self._streams_by_sensor if one.kind.name == "Sensor" else self._streams_by_property
        return index.get(one.id, [])

    @cached_property
    def _streams_by_sensor(self) -> dict[str, list[Entity]]:
        found: dict[str, list[Entity]] = {}
        for pk, rows in self.streams_by_device.items():
            found.setdefault(sensor_id(self.devices[pk]), []).extend(rows)
        return found

    @cached_property
    def _streams_by_property(self) -> dict[str, list[Entity]]:
        found: dict[str, list[Entity]] = {}
        for row in self.streams.values():
            found.setdefault(row.name, []).append(row)
        return found

    def reached(self, one: Entity, path: Path) -> list[Any]:
        """The values that ``path`` leads to from ``one``, over links too."""
        here: Iterable[Entity] = [one]
        parts = path.parts
        for place, part in enumerate(parts):
            kind = next(iter(here)).kind if here else None
            if kind is None:
                return []
            if part not in kind.links:
                return [inside(row, parts[place:]) for row in here]
            here = [row for origin in here for row in self.linked(origin, part)]
        return []


def sensor_id(device: Device) -> str:
    return str(device.model_id or NO_MODEL)


def _thing(device: Device) -> Entity:
    properties = {
        "devEui": device.dev_eui,
        "trial": device.trial.code,
        "state": device.state,
        "placeName": device.place_name,
        "uplinkInterval": device.uplink_interval,
    }
    text = str(device.model) if device.model else "LoRaWAN"
    values = {"name": device.name, "description": text, "properties": properties}
    return entity("Thing", str(device.pk), values, device=device.pk)


def _point(place: Point) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [place.x, place.y]}


def _location(device: Device) -> Entity:
    values = {
        "name": device.place_name or device.name,
        "description": device.place_name,
        "encodingType": GEOJSON,
        "location": _point(device.place),  # type: ignore[arg-type]
        "properties": {},
    }
    return entity("Location", str(device.pk), values, device=device.pk)


def _feature(device: Device) -> Entity:
    # A device without a place observes something all the same: GeoJSON's feature without a geometry.
    nowhere: dict[str, Any] = {"type": "Feature", "geometry": None, "properties": {}}
    values = {
        "name": device.place_name or device.name,
        "description": device.place_name,
        "encodingType": GEOJSON,
        "feature": _point(device.place) if device.place else nowhere,
        "properties": {},
    }
    return entity("FeatureOfInterest", str(device.pk), values, device=device.pk)


def _stream(device: Device, one: Field, kind: str) -> Entity:
    kind = kind or ("number" if one.unit or one.places is not None else "")
    values = {
        "name": f"{device.name} {one.label}",
        "description": one.heading,
        "observationType": _OM + _TYPES.get(kind, "Observation"),
        "unitOfMeasurement": unit_of(one.unit),
        "properties": {"field": one.name, "label": one.label, "decimals": one.places},
    }
    return entity("Datastream", f"{device.pk}:{one.name}", values, device=device.pk, name=one.name)


def _sensor(model: DeviceModel | None) -> Entity:
    if model is None:
        return entity("Sensor", NO_MODEL, _about("LoRaWAN", {}))
    about = {
        "maker": model.maker,
        "model": model.name,
        "lorawanVersion": model.lorawan_version,
        "region": model.region,
        "deviceClass": model.device_class,
    }
    return entity("Sensor", str(model.pk), _about(str(model), about))


def _about(name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": name,
        "encodingType": "application/json",
        "metadata": metadata,
        "properties": {},
    }


def _property(name: str, label: str) -> Entity:
    values = {
        "name": label,
        "definition": f"urn:machitry:property:{name}",
        "description": label,
        "properties": {"field": name},
    }
    return entity("ObservedProperty", name, values)
