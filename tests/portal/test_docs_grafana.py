"""What docs/engineer/grafana.md tells to type: the addresses answer, the columns are there."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.devices.models import Device
from tests.cast import make_cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import uplinks_add
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).resolve().parents[2] / "docs/engineer/grafana.md").read_text(encoding="utf-8")


@pytest.fixture
def device() -> Device:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial, name="WL-03")
    now = clock.now()
    uplinks_add(device, [(now - timedelta(minutes=10 * n), {"level": 1.0 + n}) for n in (3, 2, 1)])
    return device


def ask(client: Client, device: Device, beginning: str) -> Any:
    """The answer of the address that the page gives and that begins so, with Grafana's variables filled."""
    found = re.search(rf"`({re.escape(beginning)}[^`]*)`", PAGE)
    assert found, beginning
    now = clock.now()
    known = {"device": str(device.pk)}
    for name, moment in (("__from", now - timedelta(days=1)), ("__to", now)):
        known[f"{name}:date:iso"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    address = re.sub(r"\$\{([^}]+)\}", lambda match: known[match[1]], found[1])
    _key, token = api_key_create(
        organization=device.organization, actor=None, name="Grafana", scopes=["read:data", "read:devices"]
    )
    answer = client.get(f"/api/v1{address}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_variable_names_devices(client: Client, device: Device) -> None:
    assert ask(client, device, "/devices?fields")["results"] == [{"id": str(device.pk), "name": "WL-03"}]


def test_the_panel_draws_values(client: Client, device: Device) -> None:
    found = ask(client, device, "/devices/${device}/series")
    field = found["fields"][0]
    assert (field["name"], field["unit"], field.get("values", field.get("mean"))) == (
        "level",
        "m",
        [4.0, 3.0, 2.0],
    )
    assert len(found["times"]) == 3


def test_the_table_has_its_columns(client: Client, device: Device) -> None:
    row = ask(client, device, "/latest")["results"][0]
    assert {"name", "time", "values", "rssi", "snr"} <= set(row)
    assert row["values"]["level"] == 2.0


def test_single_messages_have_their_columns(client: Client, device: Device) -> None:
    rows = ask(client, device, "/devices/${device}/uplinks")["results"]
    assert [row["values"]["level"] for row in rows] == [2.0, 3.0, 4.0]
    assert {"time", "f_cnt"} <= set(rows[0])
