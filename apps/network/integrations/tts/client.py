"""The Things Stack v3 as a ``ServerClient``, over its HTTP API.

What it has otherwise than ChirpStack, and what is done about it (docs/decisions/0039):

- A device is four records in four registries (``devices``). They are made in an order that a repeat can go
  on from; if one is refused, those before it are taken back.
- It has no profiles: ``profiles`` makes them of what the server can do.
- A device has no switch: disabled means that the Network Server does not know it. Its keys stay.
- A device cannot move: from one application to another, or with another JoinEUI, it is made anew.
- The id of an application is a word of small letters that is never given twice.
- It asks for the application with everything, where we know a DevEUI: the applications are searched.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.views.decorators.debug import sensitive_variables

from apps.network.integrations.base import (
    Answer,
    Closing,
    DeviceSpec,
    Endpoint,
    Refusal,
    RemoteDevice,
    RemoteGateway,
    RemoteProfile,
    ServerError,
    ServerRefused,
)
from apps.network.integrations.tts.calls import Calls
from apps.network.integrations.tts.devices import LONGEST_NAME, PROFILE, Place, Registries
from apps.network.integrations.tts.gateways import gateways_of, time_of
from apps.network.integrations.tts.profiles import profile_id_of, profile_of, profiles_of

#: Before the codes of trials: ids of applications are shared with everyone on the server.
PREFIX: Final = "machitry-"
#: Before the id of a downlink among its ``correlation_ids``; ``telemetry`` looks for it in the answers.
CORRELATION: Final = "machitry:"
#: Where devices were found, for the next client of this process. Only a hint: it is looked up again.
_HINTS: Final[dict[tuple[str, str], Place]] = {}
_MANY: Final = 5000
_ID: Final = re.compile(r"[a-z0-9](?:-?[a-z0-9]){1,35}")


class ThingsStackClient(Closing):
    """See ``ServerClient``. Not for several threads at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._call = Calls(endpoint)
        self._devices = Registries(self._call, endpoint.address.rpartition(":")[0])
        self._owner = ""
        self._known: list[str] | None = None

    def close(self) -> None:
        self._call.close()

    # The server

    def ping(self) -> Answer:
        owner = self._whose()
        answer, total = self._call.counted("GET", owner, "applications", limit=1)
        count = len(answer.get("applications") or []) if total is None else total
        return Answer(version="", tenant=owner.partition("/")[2], applications=count)

    def _whose(self) -> str:
        """Where the applications stand: ``organizations/<id>`` or ``users/<id>``.

        As the tenant says, or else as the key does: an organization's or a user's own key.
        """
        if self._owner:
            return self._owner
        access = self._call("GET", "auth_info").get("api_key") or {}
        if not access:  # without a key the server answers too
            raise ServerRefused("The token is no API key of this server.", Refusal.TOKEN)
        kind, _, name = self._endpoint.tenant.rpartition(":")
        if not name:
            kind, name = _holder(access.get("entity_ids") or {})
        if not _ID.fullmatch(name):
            raise ServerRefused("The tenant is no id of an organization or a user.", Refusal.TOKEN)
        self._owner = f"{'users' if kind == 'user' else 'organizations'}/{name}"
        return self._owner

    def _applications(self, *, again: bool = False) -> list[str]:
        if self._known is None or again:
            rows = self._call.rows("applications", self._whose(), "applications")
            ids = (str((row.get("ids") or {}).get("application_id", "")) for row in rows)
            # Those of trials first: most devices are found there.
            self._known = sorted(ids, key=lambda one: (not one.startswith(PREFIX), one))
        return self._known

    def application_ensure(self, name: str) -> str:
        wanted = application_id_of(name)
        if wanted in self._applications(again=True):
            return wanted
        body = {"application": {"ids": {"application_id": wanted}, "name": name[:LONGEST_NAME]}}
        try:
            self._call("POST", self._whose(), "applications", body=body)
        except ServerRefused as error:
            if error.reason != Refusal.EXISTS:
                raise
            if wanted not in self._applications(again=True):
                words = (
                    f"The application id {wanted} is taken: by someone else, or by an application that was "
                    "deleted. Restore or purge that one."
                )
                raise ServerRefused(words, Refusal.EXISTS) from None
        self._known = None
        return wanted

    def profiles(self) -> list[RemoteProfile]:
        return list(profiles_of(self._call, self._endpoint.region))

    def gateways(self) -> Iterator[RemoteGateway]:
        return gateways_of(self._call, self._whose())

    # Devices

    def device(self, dev_eui: str) -> RemoteDevice | None:
        place = self._find(dev_eui)
        row = self._devices.identity(place) if place else None
        if place is None or row is None:
            return None
        keys, radio = self._devices.keys(place), self._devices.radio(place)
        whole = bool(keys and keys["app_key"]) and self._devices.handed_on(place)
        return RemoteDevice(
            dev_eui=place.dev_eui,
            name=str(row.get("name", "")),
            profile_id=profile_id_of(radio) if radio is not None else _attributes(row).get(PROFILE, ""),
            application_id=place.application,
            join_eui=place.join_eui,
            disabled=radio is None,
            has_keys=whole,
            last_seen_at=time_of(row.get("last_seen_at")),
            tags=_attributes(row),
        )

    def devices(self, application_id: str) -> Iterator[RemoteDevice]:
        self._there(application_id)
        for row in self._devices.listed(application_id):
            place = Place.of(row, application_id)
            if not place.dev_eui:  # activated by hand, without a DevEUI: none of ours
                continue
            self._remember(place)
            yield RemoteDevice(
                dev_eui=place.dev_eui,
                name=str(row.get("name", "")),
                profile_id=_attributes(row).get(PROFILE, ""),
                application_id=application_id,
                join_eui=place.join_eui,
                last_seen_at=time_of(row.get("last_seen_at")),
                tags=_attributes(row),
            )

    @sensitive_variables()
    def device_put(self, spec: DeviceSpec) -> None:
        keys, radio = _checked_keys(spec), _radio(spec)
        self._there(spec.application_id)
        place = self._find(spec.dev_eui, spec.application_id)
        if place and place.application not in {spec.application_id, *spec.move_from}:
            raise ServerRefused("This DevEUI stands in another application of the server.", Refusal.EXISTS)
        wanted = (spec.application_id, spec.join_eui.lower())
        if place and (place.application, place.join_eui) != wanted:
            self._devices.delete(place)
            place = None
        if place is None:
            place = Place(spec.application_id, f"eui-{spec.dev_eui.lower()}", spec.dev_eui.lower(), wanted[1])
            if self._created(place, spec):
                self._rest(place, spec, keys, radio)
                return
            place = self._found_after_all(spec)
        stored = self._devices.identity(place)
        if stored is not None:
            self._devices.identity_mend(place, spec, stored)
        self._mend(place, spec, keys, radio)

    def _created(self, place: Place, spec: DeviceSpec) -> bool:
        """Whether the device was made; False if someone has its EUIs or its name."""
        try:
            self._devices.identity_create(place, spec)
        except ServerRefused as error:
            if error.reason == Refusal.EXISTS:
                return False
            raise
        self._remember(place)
        return True

    def _found_after_all(self, spec: DeviceSpec) -> Place:
        """Where the device stands that another of our processes made meanwhile."""
        place = self._devices.found(spec.application_id, spec.dev_eui)
        if place is None:
            raise ServerRefused("Someone else on the server has this DevEUI.", Refusal.EXISTS)
        return place

    @sensitive_variables()
    def _rest(self, place: Place, spec: DeviceSpec, keys: dict[str, str], radio: dict[str, Any]) -> None:
        """The three records after the first; if one fails, all are taken back."""
        try:
            self._devices.keys_put(place, {name: key for name, key in keys.items() if key})
            if not spec.disabled:
                self._devices.radio_put(place, radio)
            self._devices.hand_on(place)
        except ServerError:
            with suppress(ServerError):
                self._devices.delete(place)
            raise

    @sensitive_variables()
    def _mend(self, place: Place, spec: DeviceSpec, keys: dict[str, str], radio: dict[str, Any]) -> None:
        """Only what differs is written: with new keys or another radio the device must join again."""
        stored = self._devices.keys(place)
        if stored != keys:
            gone = {name for name in keys if not keys[name] and not (stored or {}).get(name)}
            self._devices.keys_put(place, {name: key for name, key in keys.items() if name not in gone})
        there = self._devices.radio(place)
        if spec.disabled:
            if there is not None:
                self._devices.radio_delete(place)
        elif there is None or profile_id_of(there) != spec.profile_id:
            if there is not None:  # its session was made with the other one
                self._devices.radio_delete(place)
            self._devices.radio_put(place, radio)
        if not self._devices.handed_on(place):
            self._devices.hand_on(place)

    def device_disable(self, dev_eui: str, disabled: bool) -> None:
        place = self._find(dev_eui)
        row = self._devices.identity(place) if place else None
        if place is None or row is None:
            raise ServerRefused("The server does not know this DevEUI.", Refusal.NOT_FOUND)
        there = self._devices.radio(place)
        if disabled and there is not None:
            self._devices.radio_delete(place)
        elif not disabled and there is None:
            self._devices.radio_put(place, profile_of(_attributes(row).get(PROFILE, "")).radio)

    def device_delete(self, dev_eui: str) -> None:
        place = self._find(dev_eui)
        if place is not None:
            self._devices.delete(place)
            _HINTS.pop((self._endpoint.address, place.dev_eui), None)

    def downlink_queue(
        self,
        dev_eui: str,
        *,
        f_port: int,
        data: bytes,
        confirmed: bool = False,
        expires_at: datetime | None = None,
        id: str = "",
    ) -> str:
        # The server has no moment of expiry: what it has, it sends when the device next listens.
        if not 1 <= f_port <= 223:
            raise ServerRefused("A downlink needs an FPort from 1 to 223.")
        place = self._find(dev_eui)
        if place is None:
            raise ServerRefused("The server does not know this DevEUI.", Refusal.NOT_FOUND)
        name = id or str(uuid.uuid4())
        path = ("as/applications", place.application, "devices", place.device, "down")
        if id and any(_called(row, name) for row in self._call("GET", *path).get("downlinks") or []):
            return name
        item = {
            "f_port": f_port,
            "frm_payload": base64.b64encode(data).decode(),
            "confirmed": confirmed,
            "priority": "NORMAL",
            "correlation_ids": [CORRELATION + name],
        }
        self._call("POST", *path, "push", body={"downlinks": [item]})
        return name

    # Where a device stands

    def _there(self, application_id: str) -> None:
        """An application that is gone is answered with "you may not": its list is asked instead."""
        if application_id not in self._applications():
            raise ServerRefused("The application is not on the server.", Refusal.NOT_FOUND)

    def _find(self, dev_eui: str, first: str = "") -> Place | None:
        hint = _HINTS.get((self._endpoint.address, dev_eui.lower()))
        known = self._applications()
        likely = [first, hint.application if hint else ""]
        for application in dict.fromkeys([*(one for one in likely if one in known), *known]):
            place = self._devices.found(application, dev_eui)
            if place is not None:
                self._remember(place)
                return place
        return None

    def _remember(self, place: Place) -> None:
        if len(_HINTS) >= _MANY:
            _HINTS.clear()
        _HINTS[self._endpoint.address, place.dev_eui] = place


def application_id_of(name: str) -> str:
    """``2026-C01`` as ``machitry-2026-c01``; raises ``ServerRefused`` if no id can be made of ``name``."""
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not word or len(PREFIX + word) > 36:
        raise ServerRefused("No application id can be made of this name.")
    return PREFIX + word


def _holder(entity: dict[str, Any]) -> tuple[str, str]:
    """Whose key it is: ``("user" | "organization", id)``."""
    for kind in ("organization", "user"):
        name = (entity.get(f"{kind}_ids") or {}).get(f"{kind}_id")
        if name:
            return kind, str(name)
    words = "The token is an application’s key: an organization’s or a user’s own is needed."
    raise ServerRefused(words, Refusal.TOKEN)


@sensitive_variables()
def _checked_keys(spec: DeviceSpec) -> dict[str, str]:
    """The root keys as the Join Server names them: 1.0.x has the AppKey alone. Refuses empty ones."""
    needed = [("DevEUI", spec.dev_eui, 16), ("JoinEUI", spec.join_eui, 16), ("AppKey", spec.app_key, 32)]
    if spec.is_1_1:
        needed.append(("NwkKey", spec.nwk_key, 32))
    for name, value, digits in needed:
        if len(value) != digits or (not value.strip("0") and name != "JoinEUI"):
            raise ServerRefused(f"{name} is empty or incomplete.")
    return {"app_key": spec.app_key.lower(), "nwk_key": spec.nwk_key.lower() if spec.is_1_1 else ""}


def _radio(spec: DeviceSpec) -> dict[str, Any]:
    profile = profile_of(spec.profile_id)
    if profile.version.startswith("1.1") != spec.is_1_1:
        raise ServerRefused(
            f"The device speaks LoRaWAN {spec.lorawan_version}, its profile {profile.version}."
        )
    return profile.radio


def _called(row: dict[str, Any], name: str) -> bool:
    return CORRELATION + name in (row.get("correlation_ids") or [])


def _attributes(row: dict[str, Any]) -> dict[str, str]:
    return dict(row.get("attributes") or {})
