"""ChirpStack v4 as a ``ServerClient``.

What its API makes easy to get wrong, and what is done about it:

- An empty key is stored as sixteen zero bytes without a word: refused here before the call.
- Device and keys are two calls: if the second fails, the first is taken back; if even that fails, the
  next ``device_put`` finds the device and adds the keys.
- An update replaces everything: it is made from what the server has.
- A list without a limit is empty.
- A queue item gets a name of the server's making, whatever name it is sent: before a downlink is queued,
  the queue is searched for it, so that a call whose answer was lost is not carried out twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from chirpstack_api import api
from chirpstack_api.common import common_pb2
from google.protobuf import empty_pb2

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
from apps.network.integrations.chirpstack.calls import Calls

_NO_KEY = "0" * 32


class ChirpStackClient(Closing):
    """See ``ServerClient``. Not for several threads at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._call = Calls(endpoint)
        channel = self._call.channel
        self._applications = api.ApplicationServiceStub(channel)
        self._devices = api.DeviceServiceStub(channel)
        self._gateways = api.GatewayServiceStub(channel)
        self._profiles = api.DeviceProfileServiceStub(channel)
        self._internal = api.InternalServiceStub(channel)

    def close(self) -> None:
        self._call.close()

    # The server

    def ping(self) -> Answer:
        # A tenant's own key may not read the tenant, but it may list the tenant's applications.
        request = api.ListApplicationsRequest(tenant_id=self._endpoint.tenant, limit=1)
        listed = self._call(self._applications.List, request)
        version = ""
        with suppress(ServerRefused):  # a tenant's key may not ask, or the server is older
            version = self._call(self._internal.GetVersion, empty_pb2.Empty()).version
        return Answer(version=version, tenant=self._endpoint.tenant, applications=listed.total_count)

    def application_ensure(self, name: str) -> str:
        found = self._application(name)
        if found:
            return found
        application = api.Application(name=name, tenant_id=self._endpoint.tenant)
        try:
            request = api.CreateApplicationRequest(application=application)
            return str(self._call(self._applications.Create, request).id)
        except ServerRefused as error:
            if error.reason != Refusal.EXISTS:
                raise
        return self._application(name)

    def _application(self, name: str) -> str:
        request = api.ListApplicationsRequest(tenant_id=self._endpoint.tenant, search=name)
        rows = self._call.rows(self._applications.List, request)
        # The search finds parts of names too.
        return next((str(row.id) for row in rows if row.name == name), "")

    def profiles(self) -> list[RemoteProfile]:
        request = api.ListDeviceProfilesRequest(tenant_id=self._endpoint.tenant)
        return [
            RemoteProfile(
                profile_id=row.id,
                name=row.name,
                region=common_pb2.Region.Name(row.region),
                lorawan_version=_version(row.mac_version),
            )
            for row in self._call.rows(self._profiles.List, request)
        ]

    def gateways(self) -> Iterator[RemoteGateway]:
        request = api.ListGatewaysRequest(tenant_id=self._endpoint.tenant)
        for row in self._call.rows(self._gateways.List, request):
            place = row.location
            # Nobody has set a place: all zeros, a spot in the sea.
            known = bool(place.latitude or place.longitude)
            yield RemoteGateway(
                gateway_id=row.gateway_id,
                name=row.name,
                latitude=place.latitude if known else None,
                longitude=place.longitude if known else None,
                altitude_m=place.altitude if known and place.altitude else None,
                last_seen_at=_time(row, "last_seen_at"),
            )

    # Devices

    def device(self, dev_eui: str) -> RemoteDevice | None:
        got = self._get(dev_eui)
        if got is None:
            return None
        keys = self._keys(dev_eui)
        found = got.device
        return RemoteDevice(
            dev_eui=found.dev_eui,
            name=found.name,
            profile_id=found.device_profile_id,
            application_id=found.application_id,
            join_eui=found.join_eui,
            disabled=found.is_disabled,
            has_keys=keys is not None and keys.nwk_key not in ("", _NO_KEY),
            last_seen_at=_time(got, "last_seen_at"),
            tags=dict(found.tags),
        )

    def devices(self, application_id: str) -> Iterator[RemoteDevice]:
        request = api.ListDevicesRequest(application_id=application_id)
        for row in self._call.rows(self._devices.List, request):
            yield RemoteDevice(
                dev_eui=row.dev_eui,
                name=row.name,
                profile_id=row.device_profile_id,
                application_id=application_id,
                last_seen_at=_time(row, "last_seen_at"),
                tags=dict(row.tags),
            )

    def device_put(self, spec: DeviceSpec) -> None:
        keys = _checked_keys(spec)
        got = self._get(spec.dev_eui)
        if got is None and not self._created(spec):
            got = self._get(spec.dev_eui)  # another of our processes was faster
            if got is None:
                raise ServerRefused("Another tenant of the server has this DevEUI.", Refusal.EXISTS)
        if got is None:
            try:
                self._call(self._devices.CreateKeys, api.CreateDeviceKeysRequest(device_keys=keys))
            except ServerError:
                with suppress(ServerError):
                    self.device_delete(spec.dev_eui)
                raise
            return
        if got.device.application_id not in {spec.application_id, *spec.move_from}:
            raise ServerRefused("This DevEUI stands in another application of the server.", Refusal.EXISTS)
        self._mend(got.device, spec)
        self._mend_keys(keys)

    def _created(self, spec: DeviceSpec) -> bool:
        """Whether the device was made; False if someone has its DevEUI."""
        device = api.Device(dev_eui=spec.dev_eui, application_id=spec.application_id)
        _fill(device, spec)
        try:
            self._call(self._devices.Create, api.CreateDeviceRequest(device=device))
        except ServerRefused as error:
            if error.reason == Refusal.EXISTS:
                return False
            raise
        return True

    def _mend(self, device: Any, spec: DeviceSpec) -> None:
        before = device.SerializeToString(deterministic=True)
        _fill(device, spec)
        if device.SerializeToString(deterministic=True) != before:
            self._call(self._devices.Update, api.UpdateDeviceRequest(device=device))

    def _mend_keys(self, keys: Any) -> None:
        stored = self._keys(keys.dev_eui)
        if stored is None:
            self._call(self._devices.CreateKeys, api.CreateDeviceKeysRequest(device_keys=keys))
        elif (stored.nwk_key, stored.app_key or _NO_KEY) != (keys.nwk_key, keys.app_key or _NO_KEY):
            # Only then: new keys make the device join again.
            keys.gen_app_key = stored.gen_app_key
            self._call(self._devices.UpdateKeys, api.UpdateDeviceKeysRequest(device_keys=keys))

    def device_disable(self, dev_eui: str, disabled: bool) -> None:
        got = self._call(self._devices.Get, api.GetDeviceRequest(dev_eui=dev_eui))
        if got.device.is_disabled != disabled:
            got.device.is_disabled = disabled
            self._call(self._devices.Update, api.UpdateDeviceRequest(device=got.device))

    def device_delete(self, dev_eui: str) -> None:
        try:
            self._call(self._devices.Delete, api.DeleteDeviceRequest(dev_eui=dev_eui))
        except ServerRefused as error:
            if error.reason != Refusal.NOT_FOUND:
                raise

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
        # f_port 0 belongs to the network's own commands; the server would take it without a word.
        if not 1 <= f_port <= 223:
            raise ServerRefused("A downlink needs an FPort from 1 to 223.")
        item = api.DeviceQueueItem(id=id, dev_eui=dev_eui, f_port=f_port, data=data, confirmed=confirmed)
        if expires_at is not None:
            item.expires_at.FromDatetime(expires_at)
            if waiting := self._waiting_like(item):
                return waiting
        request = api.EnqueueDeviceQueueItemRequest(queue_item=item)
        return str(self._call(self._devices.Enqueue, request).id)

    def _waiting_like(self, item: Any) -> str:
        """The name of an item in the device's queue that can only be ``item``, queued before; else empty.

        The moment of expiry, to the millisecond, is what tells two equal downlinks apart.
        """
        request = api.GetDeviceQueueItemsRequest(dev_eui=item.dev_eui)
        for row in self._call(self._devices.GetQueue, request).result:
            same = (row.f_port, row.data, row.confirmed) == (item.f_port, item.data, item.confirmed)
            if same and row.HasField("expires_at"):
                apart = row.expires_at.ToMicroseconds() - item.expires_at.ToMicroseconds()
                if abs(apart) < 1000:
                    return str(row.id)
        return ""

    def _get(self, dev_eui: str) -> Any | None:
        try:
            return self._call(self._devices.Get, api.GetDeviceRequest(dev_eui=dev_eui))
        except ServerRefused as error:
            if error.reason == Refusal.NOT_FOUND:
                return None
            raise

    def _keys(self, dev_eui: str) -> Any | None:
        try:
            request = api.GetDeviceKeysRequest(dev_eui=dev_eui)
            return self._call(self._devices.GetKeys, request).device_keys
        except ServerRefused as error:
            if error.reason == Refusal.NOT_FOUND:
                return None
            raise


def _checked_keys(spec: DeviceSpec) -> Any:
    """ChirpStack's keys: for 1.0.x its ``nwk_key`` is the AppKey. Refuses what would be stored as zeros."""
    for name, value, digits in (
        ("DevEUI", spec.dev_eui, 16),
        ("AppKey", spec.app_key, 32),
        ("NwkKey", spec.nwk_key if spec.is_1_1 else spec.app_key, 32),
    ):
        if len(value) != digits or not value.strip("0"):
            raise ServerRefused(f"{name} is empty or incomplete; the server would store zeros.")
    if spec.is_1_1:
        return api.DeviceKeys(dev_eui=spec.dev_eui, nwk_key=spec.nwk_key, app_key=spec.app_key)
    return api.DeviceKeys(dev_eui=spec.dev_eui, nwk_key=spec.app_key)


def _fill(device: Any, spec: DeviceSpec) -> None:
    """Write what the portal decides; description, variables and others' tags stay."""
    device.name = spec.name
    device.application_id = spec.application_id
    device.device_profile_id = spec.profile_id
    device.join_eui = spec.join_eui
    device.is_disabled = spec.disabled
    for key, value in spec.tags.items():
        device.tags[key] = value


def _version(value: int) -> str:
    """``LORAWAN_1_0_3`` as ``1.0.3``."""
    return str(common_pb2.MacVersion.Name(value)).removeprefix("LORAWAN_").replace("_", ".")


def _time(message: Any, name: str) -> datetime | None:
    if not message.HasField(name):
        return None
    return datetime.fromtimestamp(getattr(message, name).ToMilliseconds() / 1000, tz=UTC)
