"""Registering and changing devices by API key."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.audit.models import AuditEntry
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.trials.enums import Access
from apps.trials.models import Trial, TrialQuota
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory

KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
Send = Callable[..., Any]


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101", devices=2)


@pytest.fixture
def send(cast: Cast) -> Send:
    _key, own = api_key_create(
        organization=cast.organization, actor=None, name="k", scopes=["read:devices", "write:devices"]
    )

    def _send(path: str, data: Any = None, method: str = "post", token: str = own) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        body = {} if data is None else {"data": data}
        call = getattr(Client(), method)
        return call(f"/api/v1/{path}", content_type="application/json", headers=headers, **body)

    return _send


def new(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "trial": "2025-101",
        "name": f"W-{number}",
        "dev_eui": f"70-B3-D5-7E-D0-06-00-{number:02X}",
        "join_eui": "0" * 16,
        "app_key": KEY,
        **changes,
    }


def used(trial: Trial) -> int:
    return TrialQuota.objects.get(trial=trial, kind="devices").used


def test_what_was_sent_of_a_device_can_be_read_and_sent_again(send: Send, trial: Trial) -> None:
    given: dict[str, Any] = {
        "name": "W-1",
        "place_name": "排水口",
        "latitude": 36.7,
        "longitude": 137.2,
        "uplink_interval": 900,
        "serial_number": "A-2041",
        "conformity_number": "001-A00001",
    }
    model = str(DeviceModelFactory.create().pk)
    pk = send("devices", new(model=model, **given)).json()["id"]
    told = send(f"devices/{pk}", method="get").json()
    assert {name: told[name] for name in given} == given
    assert told["model"]["id"] == model
    again = {name: told[name] for name in given} | {"model": told["model"]["id"]}
    assert send(f"devices/{pk}", again, "patch").json() == told


def test_api_registers_a_device_and_shows_no_key(send: Send, trial: Trial) -> None:
    model = DeviceModelFactory.create(profile_ids=["AABB1122"])
    listed = send("device-models", method="get").json()["results"]
    assert [(row["id"], row["profile_ids"]) for row in listed] == [(str(model.pk), ["AABB1122"])]
    answer = send("devices", new(model=str(model.pk), latitude=36.7, longitude=137.2))
    assert answer.status_code == 201
    device = Device.objects.get()
    assert answer["Location"] == f"/api/v1/devices/{device.pk}"
    assert (answer.json()["dev_eui"], device.model) == ("70b3d57ed0060001", model)
    assert KEY not in answer.content.decode().lower()
    entry = AuditEntry.objects.get(action="device.register")
    assert entry.data["api_key"]
    assert KEY not in str(list(AuditEntry.objects.values_list("data", flat=True)))


def test_api_takes_the_text_of_a_label(send: Send, trial: Trial) -> None:
    model = DeviceModelFactory.create(profile_ids=["AABB1122"])
    qr = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:S77"
    data = {"trial": "2025-101", "name": "W", "app_key": KEY, "qr": qr}
    assert send("devices", data).status_code == 201
    device = Device.objects.get()
    assert (device.dev_eui, device.model, device.serial_number) == ("aabbccddeeff0011", model, "77")
    answer = send("devices", {**data, "qr": qr[:20]})
    assert answer.json()["errors"][0]["pointer"] == "/qr"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"dev_eui": "1"}, "/dev_eui"),
        ({"app_key": "0" * 32}, "/app_key"),
        ({"app_key": "2B7E151628AED2A6ABF7158809CF4F3C"}, "/app_key"),
        ({"app_key": ""}, "/app_key"),
        ({"name": ""}, "/name"),
        ({"model": str(uuid.uuid4())}, "/model"),
        ({"model": "x"}, "/model"),
        ({"latitude": 36.7}, "/longitude"),
        ({"latitude": "NaN", "longitude": 1}, "/latitude"),
        ({"dev_eui": {"a": []}}, "/dev_eui"),
        ({"name": None}, "/name"),
    ],
)
def test_api_names_the_place_of_a_fault(send: Send, trial: Trial, changes: dict, pointer: str) -> None:
    answer = send("devices", new(**changes))
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("application/problem+json")
    assert [row["pointer"] for row in answer.json()["errors"]] == [pointer]
    assert KEY not in answer.content.decode()


@pytest.mark.parametrize("body", [[], 5, [1], None])
def test_api_refuses_what_is_no_object(send: Send, trial: Trial, body: Any) -> None:
    assert send("devices", body).status_code == 422


def test_api_names_the_place_of_a_known_deveui(send: Send, trial: Trial, cast: Cast) -> None:
    DeviceFactory.create(dev_eui="70b3d57ed0060001", trial__organization=cast.other)
    answer = send("devices", new())
    assert (answer.status_code, answer.json()["code"]) == (409, "dev_eui_taken")
    assert answer.json()["errors"][0]["pointer"] == "/dev_eui"
    assert cast.other.name not in answer.content.decode()


def test_api_tells_of_a_full_quota_and_the_way_out(send: Send, trial: Trial, settings) -> None:
    assert [send("devices", new(number)).status_code for number in (1, 2, 3)] == [201, 201, 409]
    answer = send("devices", new(3)).json()
    assert (answer["code"], answer["limit"], answer["used"]) == ("quota_full", 2, 2)
    assert answer["ask_for_more"].endswith("/trials/2025-101/changes/new/#id_devices")


def test_api_moves_retires_and_brings_back(send: Send, trial: Trial, cast: Cast) -> None:
    other = TrialFactory.create(organization=cast.organization, code="2025-102", devices=1)
    pk = send("devices", new()).json()["id"]
    assert send(f"devices/{pk}/move", {"trial": "2025-102"}).json()["trial"] == "2025-102"
    assert (used(trial), used(other)) == (0, 1)
    second = send("devices", new(2)).json()["id"]
    full = send(f"devices/{second}/move", {"trial": "2025-102"})
    assert (full.status_code, full.json()["limit"]) == (409, 1)
    assert send(f"devices/{pk}/retire").json()["registration"] == "retired"
    assert send(f"devices/{pk}/retire").status_code == 200
    assert send(f"devices/{pk}/move", {"trial": "2025-101"}).json()["code"] == "device_retired"
    assert send(f"devices/{second}/move", {"trial": "2025-102"}).status_code == 200
    back = send(f"devices/{pk}/unretire")
    assert (back.status_code, back.json()["code"]) == (409, "quota_full")
    assert send(f"devices/{second}/retire").status_code == 200
    assert send(f"devices/{pk}/unretire").json()["registration"] == "active"


def test_api_changes_replaces_and_takes_new_keys(send: Send, trial: Trial) -> None:
    pk = send("devices", new()).json()["id"]
    answer = send(f"devices/{pk}", {"name": "橋", "latitude": None, "longitude": None}, method="patch")
    assert answer.json()["name"] == "橋"
    before = Device.objects.get(pk=pk).app_key_encrypted
    again = send(f"devices/{pk}/keys", {"join_eui": "1" * 16, "app_key": KEY[::-1]}, method="put")
    assert again.json()["join_eui"] == "1" * 16
    assert bytes(Device.objects.get(pk=pk).app_key_encrypted) != bytes(before)
    hardware = {"dev_eui": "70b3d57ed0060009", "join_eui": "0" * 16, "app_key": KEY}
    answer = send(f"devices/{pk}/replace", hardware)
    assert (answer.status_code, answer.json()["name"]) == (201, "橋")
    old, fresh = Device.objects.get(pk=pk), Device.objects.get(pk=answer.json()["id"])
    assert (old.state, fresh.replaces, used(trial)) == (DeviceState.RETIRED, old, 1)


def test_api_writes_only_where_the_organization_manages(send: Send, trial: Trial, cast: Cast) -> None:
    trial.participants.update(access=Access.READ)
    assert send("devices", new()).status_code == 403
    assert send("devices", new(trial="2025-999")).status_code == 404
    assert send(f"devices/{DeviceFactory.create(trial=trial).pk}/retire").status_code == 403
    theirs = DeviceFactory.create(trial__organization=cast.other)
    assert send(f"devices/{theirs.pk}/retire").status_code == 404
    _key, reading = api_key_create(
        organization=cast.organization, actor=None, name="r", scopes=["read:devices"]
    )
    assert send("devices", new(), token=reading).status_code == 403


def test_api_key_of_certain_trials_reaches_no_other(send: Send, trial: Trial, cast: Cast) -> None:
    other = TrialFactory.create(organization=cast.organization, code="2025-102")
    device = DeviceFactory.create(trial=trial)
    _key, limited = api_key_create(
        organization=cast.organization, actor=None, name="l", scopes=["write:devices"], trials=[trial]
    )
    assert send("devices", new(trial=other.code), token=limited).status_code == 404
    assert send(f"devices/{device.pk}/move", {"trial": other.code}, token=limited).status_code == 404
