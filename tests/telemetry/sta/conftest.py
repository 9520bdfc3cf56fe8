"""Two devices of one company with an hour of readings, one device of another company."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.devices.models import Device
from apps.telemetry.domain.partitions import partitions_ensure
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceHour, Uplink
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory

START = datetime(2026, 11, 1, tzinfo=UTC)
Get = Callable[..., Any]


def sent(device: Device, minutes: int, values: Any, **more: Any) -> Uplink:
    """An uplink so many minutes after ``START``."""
    time = START + timedelta(minutes=minutes)
    defaults: dict[str, Any] = {
        "organization_id": device.organization_id,
        "deduplication_id": uuid.uuid4(),
        "time": time,
        "received_at": time + timedelta(seconds=1),
        "trial_id": device.trial_id,
        "device_id": device.pk,
        "f_cnt": minutes,
        "f_port": 1,
        "dr": 2,
        "data": b"\x70\x01",
        "decode_state": DecodeState.DECODED,
        "values": values,
    }
    return Uplink.objects.create(**{**defaults, **more})


def rolled(device: Device, hours: int, **fields: list[float]) -> None:
    """The rollup of an hour."""
    DeviceHour.objects.create(
        organization_id=device.organization_id,
        device_id=device.pk,
        trial_id=device.trial_id,
        hour=START + timedelta(hours=hours),
        uplinks=6,
        fields=fields,
    )


@pytest.fixture
def partition(db: None) -> None:
    partitions_ensure(months=[START.date()])


@pytest.fixture
def device(cast: Cast, partition: None) -> Device:
    """Six readings of level and door, ten minutes apart."""
    trial = TrialFactory.create(organization=cast.organization, code="2025-101")
    fields = {"level": {"label": "水位", "label_en": "Level", "unit": "m", "decimals": 2}}
    device = DeviceFactory.create(
        trial=trial,
        name="WL-01",
        model=DeviceModelFactory.create(name="WL-20", fields=fields),
        place_name="見本橋",
        place=Point(137.21, 36.69, srid=4326),
    )
    for number in range(6):
        sent(device, number * 10, {"level": number / 2, "door": number % 2 == 0})
    rolled(device, 0, level=[6, 0, 2.5, 7.5, 2.5])
    return device


@pytest.fixture
def second(device: Device) -> Device:
    """A device of the same model without a place; it sent a text."""
    second = DeviceFactory.create(trial=device.trial, model=device.model, name="WL-02")
    sent(second, 5, {"level": 9, "lamp": "on"})
    rolled(second, 0, level=[1, 9, 9, 9, 9])
    return second


@pytest.fixture
def theirs(cast: Cast, partition: None) -> Device:
    """A device of another company."""
    device = DeviceFactory.create(trial__organization=cast.other, name="OTHER")
    sent(device, 1, {"level": 77})
    return device


@pytest.fixture
def token(cast: Cast) -> str:
    return key_of(cast.organization)


def key_of(organization: Any, scopes: tuple[str, ...] = ("read:data",), **more: Any) -> str:
    return api_key_create(organization=organization, actor=None, name="k", scopes=list(scopes), **more)[1]


@pytest.fixture
def get(token: str) -> Get:
    """The answer to an address below the service's root; ``token`` may be another key or None."""

    def _get(path: str, *, key: str | None = token, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        options = {f"${name}": value for name, value in params.items()}
        return Client().get(f"/api/sta/v1.1/{path}", options, headers=headers)

    return _get
