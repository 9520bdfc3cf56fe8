"""Series by API: one device and several, refusals that name their place, another tenant's devices, size."""

from __future__ import annotations

import json
import uuid
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.models import DeviceMonth
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import hours_add, uplinks_add
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db

START = datetime(2026, 10, 1, tzinfo=clock.TOKYO).astimezone(UTC)
HOUR = timedelta(hours=1)
DAY = {"since": "2026-10-01", "until": "2026-10-02"}
Get = Callable[..., Any]


@pytest.fixture
def device(cast: Cast) -> Device:
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), name="WL-03")


@pytest.fixture
def get(cast: Cast) -> Get:
    made = api_key_create(organization=cast.organization, actor=None, name="k", scopes=["read:data"])
    token = made[1]

    def _get(path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
        given = {"Authorization": f"Bearer {token}", **(headers or {})}
        return Client().get(f"/api/v1/{path}", params, headers=given)

    return _get


def test_hours_with_what_was_asked_for(get: Get, device: Device) -> None:
    hours_add(device, START, [{"level": [6, 1.0, 1.2, 6.6, 1.1]}] * 2)
    answer = get(f"devices/{device.pk}/series", interval="1h", aggregates="mean,count", **DAY).json()
    assert answer["times"][:2] == ["2026-10-01T00:00:00+09:00", "2026-10-01T01:00:00+09:00"]
    assert answer["gaps"] == [{"since": "2026-10-01T02:00:00+09:00", "until": "2026-10-02T00:00:00+09:00"}]
    (level,) = answer["fields"]
    assert (level["mean"], level["count"]) == ([1.1, 1.1, None], [6, 6, None])
    assert not {"min", "max", "values"} & set(level)
    assert (answer["interval"], answer["time_zone"], level["unit"]) == ("1h", "Asia/Tokyo", "m")


def test_single_values_of_several_devices_in_another_time_zone(get: Get, device: Device) -> None:
    other = DeviceFactory.create(trial=device.trial)
    for one in (device, other):
        uplinks_add(one, [(START + HOUR, {"level": 1.25})])
    params = {"device": [other.pk, device.pk], "time_zone": "Europe/Paris", **DAY}
    answer = get("series", **params).json()
    assert [row["device_id"] for row in answer["devices"]] == [str(other.pk), str(device.pk)]
    assert answer["interval"] == "raw"
    assert answer["devices"][1]["times"][0] == "2026-09-30T18:00:00.000+02:00"
    assert answer["devices"][1]["fields"][0]["values"] == [1.25, None]


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"since": "2016-01-01", "until": "2026-01-01"}, "until"),
        ({"since": "2026-10-02", "until": "2026-10-01"}, "until"),
        ({"since": "0001-01-01"}, "since"),
        ({"until": "9999-12-31T23:59:59+00:00"}, "until"),
        ({"until": "0001-01-01"}, "until"),
        ({"since": "yesterday"}, "since"),
        ({"fields": "level,nonsense"}, "fields"),
        ({"fields": "a\x00b"}, "fields"),
        ({"time_zone": "Asia/Toyama"}, "time_zone"),
        ({"interval": "1w"}, "interval"),
        ({"interval": "1h", "since": "2026-01-01", "until": "2026-10-01"}, "interval"),
        ({"aggregates": "median"}, "aggregates"),
    ],
)
def test_a_refusal_names_the_place_in_the_input(
    get: Get, device: Device, params: dict[str, str], place: str
) -> None:
    for path, more in ((f"devices/{device.pk}/series", {}), ("series", {"device": device.pk})):
        response = get(path, **more, **params)
        assert response.status_code == 422
        assert response["Content-Type"] == "application/problem+json"
        (row,) = response.json()["errors"]
        assert row["pointer"] == f"/{place}"


@pytest.mark.parametrize("devices", [[], ["x"], [uuid.UUID(int=n) for n in range(11)]])
def test_which_devices_must_be_said(get: Get, device: Device, devices: list[Any]) -> None:
    response = get("series", device=devices)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/device")


def test_another_organizations_device_does_not_exist(get: Get, cast: Cast, device: Device) -> None:
    theirs = DeviceFactory.create(trial=TrialFactory.create(organization=cast.other))
    assert get(f"devices/{theirs.pk}/series").status_code == 404
    assert get("series", device=[device.pk, theirs.pk]).status_code == 404
    assert get("series", device=[device.pk, uuid.uuid4()]).status_code == 404


def test_more_devices_ask_no_more_questions(get: Get, device: Device) -> None:
    devices = [device, *(DeviceFactory.create(trial=device.trial) for _n in range(2))]
    for one in devices:
        hours_add(one, START, [{"level": [1, 1, 1, 1, 1]}] * 3)
    get("series", device=device.pk, interval="1d", **DAY)
    counts = []
    for some in (devices[:1], devices):
        with CaptureQueriesContext(connection) as context:
            get("series", device=[one.pk for one in some], interval="1d", **DAY)
        counts.append(len(context))
    assert counts[0] == counts[1] <= 12


def test_a_year_is_small_and_not_sent_twice(get: Get, device: Device) -> None:
    """A year of days of five fields fits in 60 kB; the same again is a 304."""
    bucket = [144, 0.84, 1.56, 161.4521, 1.12]
    fields = dict.fromkeys(("level", "temperature", "battery", "humidity", "co2"), bucket)
    for number in range(12):
        month = date(2026 + (9 + number) // 12, (9 + number) % 12 + 1, 1)
        days = {str(day): fields for day in range(1, monthrange(month.year, month.month)[1] + 1)}
        own = {"organization_id": device.organization_id, "device_id": device.pk}
        DeviceMonth.objects.create(month=month, days=json.dumps(days), **own)
    year = {"since": "2026-10-01", "until": "2027-10-01"}
    first = get(f"devices/{device.pk}/series", **year)
    assert first.json()["interval"] == "1d"
    assert first.json()["fields"][0]["count"] == [144] * 365
    assert len(first.content) < 60_000
    again = get(f"devices/{device.pk}/series", headers={"If-None-Match": first["ETag"]}, **year)
    assert (again.status_code, again.content) == (304, b"")
