"""A ChirpStack v4 that runs in the test: real gRPC on a free loopback port, real protobuf services.

It keeps state as the real one does, pitfalls included: a list without a limit has no rows, an empty key
is stored as zeros, an update replaces everything. Failures and latency are set by method::

    with FakeChirpStack() as fake:
        fake.fail("DeviceService/CreateKeys", grpc.StatusCode.UNAVAILABLE)
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from chirpstack_api import api
from chirpstack_api.api import (
    application_pb2_grpc,
    device_pb2_grpc,
    device_profile_pb2_grpc,
    gateway_pb2_grpc,
    internal_pb2_grpc,
    tenant_pb2_grpc,
)
from google.protobuf import empty_pb2

TOKEN = "fake-token"
ZEROS = "0" * 32


@dataclass
class Failure:
    """``after``: the call is carried out and its answer lost."""

    code: grpc.StatusCode
    times: int
    after: bool
    details: str


@dataclass
class State:
    tenants: dict[str, Any] = field(default_factory=dict)
    applications: dict[str, Any] = field(default_factory=dict)
    profiles: dict[str, Any] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    gateways: dict[str, Any] = field(default_factory=dict)
    queue: list[Any] = field(default_factory=list)


class FakeChirpStack(grpc.ServerInterceptor):
    """Also a context manager. ``calls`` are ``(method, request)`` in the order they came."""

    def __init__(self, *, version: str = "4.20.0", tls: tuple[bytes, bytes] | None = None) -> None:
        """``tls``: private key and certificate, PEM."""
        self._tls = tls
        self.state = State()
        self.version = version
        self.latency: dict[str, float] = {}
        self.calls: list[tuple[str, Any]] = []
        self.lock = threading.RLock()
        self._failures: dict[str, Failure] = {}
        self._down = False
        self.tenant = str(uuid.uuid4())
        self.state.tenants[self.tenant] = api.Tenant(id=self.tenant, name="city")

    def __enter__(self) -> FakeChirpStack:
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), interceptors=[self])
        for register, servicer in _SERVICES:
            register(servicer(self), self._server)
        if self._tls:
            credentials = grpc.ssl_server_credentials([self._tls])
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.stop(grace=None).wait(5)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    # What a test sets

    def fail(
        self,
        method: str,
        code: grpc.StatusCode,
        *,
        times: int = 1,
        after: bool = False,
        details: str = "planted",
    ) -> None:
        """The next ``times`` calls of ``method`` (``DeviceService/Create``) end with ``code``."""
        self._failures[method] = Failure(code, times, after, details)

    def crash_before(self, method: str) -> None:
        """From the next call of ``method`` on, nothing answers until ``recover()``."""
        self.fail(method, grpc.StatusCode.UNAVAILABLE, times=-1, details="crashed")

    def recover(self) -> None:
        self._failures.clear()
        self._down = False

    def named(self, method: str) -> list[Any]:
        """The requests that came to ``method``."""
        return [request for name, request in self.calls if name == method]

    def add_profile(self, name: str = "AS923 1.0.3", **values: Any) -> str:
        pk = str(uuid.uuid4())
        self.state.profiles[pk] = api.DeviceProfile(id=pk, name=name, tenant_id=self.tenant, **values)
        return pk

    def add_application(self, name: str) -> str:
        pk = str(uuid.uuid4())
        self.state.applications[pk] = api.Application(id=pk, name=name, tenant_id=self.tenant)
        return pk

    def add_device(self, dev_eui: str, application_id: str, profile_id: str, **values: Any) -> None:
        self.state.devices[dev_eui] = api.Device(
            dev_eui=dev_eui, application_id=application_id, device_profile_id=profile_id, **values
        )

    def add_gateway(self, gateway_id: str, name: str = "", **place: float) -> None:
        item = api.GatewayListItem(tenant_id=self.tenant, gateway_id=gateway_id, name=name)
        for key, value in place.items():
            setattr(item.location, key, value)
        self.state.gateways[gateway_id] = item

    # The wire

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        name = details.method.removeprefix("/api.")
        metadata = dict(details.invocation_metadata)

        def answer(request: Any, context: Any) -> Any:
            self.calls.append((name, request))
            time.sleep(self.latency.get(name, 0))
            if self._down:
                context.abort(grpc.StatusCode.UNAVAILABLE, "crashed")
            if metadata.get("authorization") != f"Bearer {TOKEN}":
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "authentication failed: InvalidToken")
            failure = self._take(name)
            if failure and not failure.after:
                context.abort(failure.code, failure.details)
            with self.lock:
                result = handler.unary_unary(request, context)
            if failure:
                context.abort(failure.code, failure.details)
            return result

        return grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _take(self, name: str) -> Failure | None:
        failure = self._failures.get(name)
        if failure is None or failure.times == 0:
            return None
        if failure.times < 0:
            self._down = True
        failure.times -= 1
        return failure


class _Service:
    def __init__(self, fake: FakeChirpStack) -> None:
        self.state = fake.state
        self.fake = fake

    def _found(self, rows: dict[str, Any], key: str, context: Any) -> Any:
        if key not in rows:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Object does not exist (id: {key})")
        return rows[key]

    def _may(self, tenant_id: str, context: Any) -> None:
        if tenant_id not in self.state.tenants:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not allowed")


def _page(request: Any, rows: list[Any], answer: Any) -> Any:
    """As ChirpStack: the count always, rows only up to ``limit``, which is 0 if nobody sets it."""
    answer.total_count = len(rows)
    answer.result.extend(rows[request.offset : request.offset + request.limit])
    return answer


class _Tenants(_Service, tenant_pb2_grpc.TenantServiceServicer):
    def Get(self, request: Any, context: Any) -> Any:
        return api.GetTenantResponse(tenant=self._found(self.state.tenants, request.id, context))

    def List(self, request: Any, context: Any) -> Any:
        rows = [api.TenantListItem(id=row.id, name=row.name) for row in self.state.tenants.values()]
        return _page(request, rows, api.ListTenantsResponse())


class _Applications(_Service, application_pb2_grpc.ApplicationServiceServicer):
    def Create(self, request: Any, context: Any) -> Any:
        self._may(request.application.tenant_id, context)
        pk = str(uuid.uuid4())
        stored = api.Application()
        stored.CopyFrom(request.application)
        stored.id = pk
        self.state.applications[pk] = stored
        return api.CreateApplicationResponse(id=pk)

    def List(self, request: Any, context: Any) -> Any:
        self._may(request.tenant_id, context)
        rows = [
            api.ApplicationListItem(id=row.id, name=row.name)
            for row in self.state.applications.values()
            if row.tenant_id == request.tenant_id and request.search in row.name
        ]
        return _page(request, rows, api.ListApplicationsResponse())


class _Profiles(_Service, device_profile_pb2_grpc.DeviceProfileServiceServicer):
    def List(self, request: Any, context: Any) -> Any:
        self._may(request.tenant_id, context)
        rows = [
            api.DeviceProfileListItem(
                id=row.id, name=row.name, region=row.region, mac_version=row.mac_version
            )
            for row in self.state.profiles.values()
        ]
        return _page(request, rows, api.ListDeviceProfilesResponse())


class _Devices(_Service, device_pb2_grpc.DeviceServiceServicer):
    def Create(self, request: Any, context: Any) -> Any:
        device = request.device
        self._found(self.state.applications, device.application_id, context)
        self._found(self.state.profiles, device.device_profile_id, context)
        if device.dev_eui in self.state.devices:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Object already exists (id: {device.dev_eui})")
        stored = api.Device()
        stored.CopyFrom(device)
        self.state.devices[device.dev_eui] = stored
        return empty_pb2.Empty()

    def Get(self, request: Any, context: Any) -> Any:
        answer = api.GetDeviceResponse(device=self._found(self.state.devices, request.dev_eui, context))
        if request.dev_eui in self.state.seen:
            answer.last_seen_at.FromDatetime(self.state.seen[request.dev_eui])
        return answer

    def Update(self, request: Any, context: Any) -> Any:
        self._found(self.state.devices, request.device.dev_eui, context).CopyFrom(request.device)
        return empty_pb2.Empty()

    def Delete(self, request: Any, context: Any) -> Any:
        self._found(self.state.devices, request.dev_eui, context)
        del self.state.devices[request.dev_eui]
        self.state.keys.pop(request.dev_eui, None)
        return empty_pb2.Empty()

    def List(self, request: Any, context: Any) -> Any:
        rows = []
        for row in self.state.devices.values():
            if row.application_id == request.application_id:
                item = api.DeviceListItem(
                    dev_eui=row.dev_eui, name=row.name, device_profile_id=row.device_profile_id, tags=row.tags
                )
                if row.dev_eui in self.state.seen:
                    item.last_seen_at.FromDatetime(self.state.seen[row.dev_eui])
                rows.append(item)
        return _page(request, rows, api.ListDevicesResponse())

    def _store(self, keys: Any) -> Any:
        stored = api.DeviceKeys()
        stored.CopyFrom(keys)
        for name in ("nwk_key", "app_key", "gen_app_key"):
            setattr(stored, name, getattr(keys, name) or ZEROS)
        self.state.keys[keys.dev_eui] = stored
        return empty_pb2.Empty()

    def CreateKeys(self, request: Any, context: Any) -> Any:
        keys = request.device_keys
        self._found(self.state.devices, keys.dev_eui, context)
        if keys.dev_eui in self.state.keys:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Object already exists (id: {keys.dev_eui})")
        return self._store(keys)

    def GetKeys(self, request: Any, context: Any) -> Any:
        return api.GetDeviceKeysResponse(device_keys=self._found(self.state.keys, request.dev_eui, context))

    def UpdateKeys(self, request: Any, context: Any) -> Any:
        self._found(self.state.keys, request.device_keys.dev_eui, context)
        return self._store(request.device_keys)

    def Enqueue(self, request: Any, context: Any) -> Any:
        """As the real one, it gives the item a name of its own, whatever name it was sent."""
        item = api.DeviceQueueItem()
        item.CopyFrom(request.queue_item)
        self._found(self.state.devices, item.dev_eui, context)
        item.id = str(uuid.uuid4())
        self.state.queue.append(item)
        return api.EnqueueDeviceQueueItemResponse(id=item.id)

    def GetQueue(self, request: Any, context: Any) -> Any:
        self._found(self.state.devices, request.dev_eui, context)
        rows = [item for item in self.state.queue if item.dev_eui == request.dev_eui]
        return api.GetDeviceQueueItemsResponse(total_count=len(rows), result=rows)

    def FlushQueue(self, request: Any, context: Any) -> Any:
        self._found(self.state.devices, request.dev_eui, context)
        self.state.queue = [item for item in self.state.queue if item.dev_eui != request.dev_eui]
        return empty_pb2.Empty()


class _Gateways(_Service, gateway_pb2_grpc.GatewayServiceServicer):
    def List(self, request: Any, context: Any) -> Any:
        self._may(request.tenant_id, context)
        return _page(request, list(self.state.gateways.values()), api.ListGatewaysResponse())


class _Internal(_Service, internal_pb2_grpc.InternalServiceServicer):
    def GetVersion(self, request: Any, context: Any) -> Any:
        if not self.fake.version:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
        return api.GetVersionResponse(version=self.fake.version)


_SERVICES: list[tuple[Callable[..., None], type[_Service]]] = [
    (tenant_pb2_grpc.add_TenantServiceServicer_to_server, _Tenants),
    (application_pb2_grpc.add_ApplicationServiceServicer_to_server, _Applications),
    (device_profile_pb2_grpc.add_DeviceProfileServiceServicer_to_server, _Profiles),
    (device_pb2_grpc.add_DeviceServiceServicer_to_server, _Devices),
    (gateway_pb2_grpc.add_GatewayServiceServicer_to_server, _Gateways),
    (internal_pb2_grpc.add_InternalServiceServicer_to_server, _Internal),
]
