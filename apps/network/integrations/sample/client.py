"""The demo's network server as a ``ServerClient``: nobody answers behind it but the simulator.

What it was told of devices stands in the cache of the database, which outlives Redis; what is queued for a
device stays with the portal, where the simulator reads it (``telemetry.selectors``) and publishes the events
that a real server would.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.cache import caches

from apps.network.integrations.base import (
    Answer,
    Closing,
    DeviceSpec,
    Endpoint,
    RemoteDevice,
    RemoteGateway,
    RemoteProfile,
)

_NAMES = uuid.UUID("6f2f6a51-3f1c-4a55-9f5e-0d9f9f2c5a10")
_KEY = "sample-network-server"


class SampleClient(Closing):
    """See ``ServerClient``. It is never away and refuses nothing."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def close(self) -> None:
        """Nothing is open."""

    def ping(self) -> Answer:
        return Answer(version="", tenant=self._endpoint.tenant, applications=0)

    def application_ensure(self, name: str) -> str:
        return str(uuid.uuid5(_NAMES, name))

    def profiles(self) -> list[RemoteProfile]:
        return [RemoteProfile("sample", "AS923", self._endpoint.region, "1.0.3")]

    def gateways(self) -> Iterator[RemoteGateway]:
        return iter(())

    def device(self, dev_eui: str) -> RemoteDevice | None:
        row = self._rows().get(dev_eui)
        return RemoteDevice(**row, has_keys=True) if row else None

    def devices(self, application_id: str) -> Iterator[RemoteDevice]:
        for row in self._rows().values():
            if row["application_id"] == application_id:
                yield RemoteDevice(**row)

    def device_put(self, spec: DeviceSpec) -> None:
        row = {
            "dev_eui": spec.dev_eui,
            "name": spec.name,
            "profile_id": spec.profile_id,
            "application_id": spec.application_id,
            "join_eui": spec.join_eui,
            "disabled": spec.disabled,
        }
        self._keep(self._rows() | {spec.dev_eui: row})

    def device_disable(self, dev_eui: str, disabled: bool) -> None:
        rows = self._rows()
        if dev_eui in rows:
            self._keep(rows | {dev_eui: {**rows[dev_eui], "disabled": disabled}})

    def device_delete(self, dev_eui: str) -> None:
        self._keep({key: row for key, row in self._rows().items() if key != dev_eui})

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
        return str(uuid.uuid5(_NAMES, id)) if id else str(uuid.uuid4())

    def _rows(self) -> dict[str, dict[str, Any]]:
        return dict(caches["database"].get(_KEY) or {})

    def _keep(self, rows: dict[str, dict[str, Any]]) -> None:
        caches["database"].set(_KEY, rows, timeout=None)
