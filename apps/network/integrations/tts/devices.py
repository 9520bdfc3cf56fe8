"""A device in the four registries of The Things Stack.

The Identity Server keeps its name and to whom it belongs, the Join Server the root keys, the Network Server
how it speaks, the Application Server that its messages go out. Nothing there binds the four together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.views.decorators.debug import sensitive_variables

from apps.network.integrations.base import DeviceSpec, Refusal, ServerRefused
from apps.network.integrations.tts.calls import Calls
from apps.network.integrations.tts.profiles import FIELDS

#: Which profile a device has while the Network Server does not know it (it is disabled).
PROFILE: Final = "machitry-profile"
#: Of devices and applications; a longer one is refused there.
LONGEST_NAME: Final = 50
_IDENTITY, JOIN, NETWORK, APPLICATION = "", "js/", "ns/", "as/"
#: The Identity Server last, as the API asks: with it the EUIs are free for others.
_DELETED_IN: Final = (NETWORK, APPLICATION, JOIN, _IDENTITY)
_IDS: Final = ("ids.device_id", "ids.dev_eui", "ids.join_eui", "ids.application_ids.application_id")
_SERVERS: Final = ("network_server_address", "application_server_address", "join_server_address")
_KEYS: Final = ("root_keys.app_key.key", "root_keys.nwk_key.key")


@dataclass(frozen=True)
class Place:
    """Where a device stands on the server. EUIs in lower case."""

    application: str
    device: str
    dev_eui: str
    join_eui: str

    @property
    def ids(self) -> dict[str, Any]:
        return {
            "device_id": self.device,
            "application_ids": {"application_id": self.application},
            "dev_eui": self.dev_eui.upper(),
            "join_eui": self.join_eui.upper(),
        }

    @classmethod
    def of(cls, row: dict[str, Any], application: str) -> Place:
        ids = row.get("ids") or {}
        return cls(
            application,
            str(ids.get("device_id", "")),
            str(ids.get("dev_eui", "")).lower(),
            str(ids.get("join_eui") or "0" * 16).lower(),
        )


class Registries:
    """Reads and writes of one device; ``host``: of all four servers."""

    def __init__(self, call: Calls, host: str) -> None:
        self._call = call
        self._host = host

    # Reads

    def found(self, application: str, dev_eui: str) -> Place | None:
        """Where in ``application`` the device stands, whatever name it got there."""
        path = ("search/applications", application, "devices")
        for row in self._call.rows("end_devices", *path, dev_eui_contains=dev_eui.upper()):
            place = Place.of(row, application)
            if place.dev_eui == dev_eui.lower():
                return place
        return None

    def listed(self, application: str) -> Iterator[dict[str, Any]]:
        path = ("applications", application, "devices")
        return self._call.rows("end_devices", *path, field_mask="name,attributes,last_seen_at")

    def identity(self, place: Place) -> dict[str, Any] | None:
        return self._part(_IDENTITY, place, "name,attributes,last_seen_at")

    def radio(self, place: Place) -> dict[str, Any] | None:
        return self._part(NETWORK, place, ",".join(FIELDS))

    @sensitive_variables()
    def keys(self, place: Place) -> dict[str, str] | None:
        """``app_key`` and ``nwk_key`` as the Join Server has them, lower case, empty if there is none."""
        part = self._part(JOIN, place, ",".join(_KEYS))
        if part is None:
            return None
        root = part.get("root_keys") or {}
        return {name: str((root.get(name) or {}).get("key") or "").lower() for name in ("app_key", "nwk_key")}

    def handed_on(self, place: Place) -> bool:
        """Whether the Application Server knows the device."""
        return self._part(APPLICATION, place) is not None

    def _part(self, server: str, place: Place, fields: str = "") -> dict[str, Any] | None:
        asked: dict[str, str | int] = {"field_mask": fields} if fields else {}  # the ids come anyway
        try:
            return self._call("GET", *_path(server, place), **asked)
        except ServerRefused as error:
            if error.reason == Refusal.NOT_FOUND:
                return None
            raise

    # Writes

    def identity_create(self, place: Place, spec: DeviceSpec) -> None:
        device = {
            "ids": place.ids,
            "name": spec.name[:LONGEST_NAME],
            "attributes": attributes(spec),
            **dict.fromkeys(_SERVERS, self._host),
        }
        paths = ["ids.dev_eui", "ids.join_eui", "name", "attributes", *_SERVERS]
        path = ("applications", place.application, "devices")
        self._call("POST", *path, body=_body(device, paths))

    def identity_mend(self, place: Place, spec: DeviceSpec, stored: dict[str, Any]) -> None:
        kept = stored.get("attributes") or {}
        wanted = {**kept, **attributes(spec)}
        if (stored.get("name", ""), kept) != (spec.name[:LONGEST_NAME], wanted):
            device = {"ids": place.ids, "name": spec.name[:LONGEST_NAME], "attributes": wanted}
            self._call("PUT", *_path(_IDENTITY, place), body=_body(device, ["name", "attributes"]))

    @sensitive_variables()
    def keys_put(self, place: Place, keys: dict[str, str]) -> None:
        """The root keys; an empty one is taken away."""
        root = {name: {"key": key.upper()} for name, key in keys.items() if key}
        paths = [f"root_keys.{name}" + (".key" if key else "") for name, key in keys.items()]
        device = {
            "ids": place.ids,
            "network_server_address": self._host,
            "application_server_address": self._host,
            "root_keys": root,
        }
        self._put(JOIN, place, device, [*_SERVERS[:2], *paths])

    def radio_put(self, place: Place, radio: dict[str, Any]) -> None:
        device = {"ids": place.ids, "supports_join": True, **radio}
        self._put(NETWORK, place, device, ["supports_join", *FIELDS])

    def hand_on(self, place: Place) -> None:
        self._put(APPLICATION, place, {"ids": place.ids}, [])

    @sensitive_variables()
    def _put(self, server: str, place: Place, device: dict[str, Any], paths: list[str]) -> None:
        self._call("PUT", *_path(server, place), body=_body(device, [*_IDS, *paths]))

    def radio_delete(self, place: Place) -> None:
        self._delete(NETWORK, place)

    def delete(self, place: Place) -> None:
        """In all four. What is gone already is done."""
        for server in _DELETED_IN:
            self._delete(server, place)

    def _delete(self, server: str, place: Place) -> None:
        try:
            self._call("DELETE", *_path(server, place))
        except ServerRefused as error:
            if error.reason != Refusal.NOT_FOUND:
                raise


def attributes(spec: DeviceSpec) -> dict[str, str]:
    """Our tags as the server takes them: names of small letters, digits and dashes."""
    tags = {
        name: value[:200]
        for key, value in spec.tags.items()
        if len(name := re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")) > 2
    }
    return {**tags, PROFILE: spec.profile_id}


def _path(server: str, place: Place) -> tuple[str, ...]:
    return (f"{server}applications", place.application, "devices", place.device)


def _body(device: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    return {"end_device": device, "field_mask": {"paths": paths}}
