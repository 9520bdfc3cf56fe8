"""Device data by API: whose key sees what, pages, periods, refusals."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.apikeys.domain import api_key_create, api_key_revoke
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import checksum
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.enums import DecodeState
from apps.telemetry.models import DeviceLatest, Uplink
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory

START = datetime(2026, 11, 1, tzinfo=UTC)
Get = Callable[..., Any]


@pytest.fixture
def device(cast: Cast) -> Device:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS telemetry_uplink_rest PARTITION OF telemetry_uplink DEFAULT"
        )
    trial = TrialFactory.create(organization=cast.organization, code="2025-101")
    return DeviceFactory.create(trial=trial)


def key_for(organization, scopes=("read:data", "read:devices"), **kwargs) -> tuple[ApiKey, str]:
    return api_key_create(organization=organization, actor=None, name="k", scopes=list(scopes), **kwargs)


@pytest.fixture
def get(cast: Cast) -> Get:
    _key, own = key_for(cast.organization)

    def _get(path: str, *, token: str | None = own, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return Client().get(f"/api/v1/{path}", params, headers=headers)

    return _get


def uplink(device: Device, minutes: int, **values: Any) -> Uplink:
    time = START + timedelta(minutes=minutes)
    defaults = {
        "organization_id": device.organization_id,
        "deduplication_id": uuid.UUID(int=1000 + minutes),
        "time": time,
        "received_at": time + timedelta(seconds=1),
        "trial_id": device.trial_id,
        "device_id": device.pk,
        "f_cnt": minutes,
        "f_port": 1,
        "dr": 2,
        "data": b"\x70\x01",
        "decode_state": DecodeState.DECODED,
        "values": {"level": 1.12},
    }
    return Uplink.objects.create(**{**defaults, **values})


def code(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"]


def test_a_key_lists_its_own_devices_without_their_root_key(get: Get, device: Device, cast: Cast) -> None:
    DeviceFactory.create(trial__organization=cast.other)
    answer = get("devices").json()
    assert [row["id"] for row in answer["results"]] == [str(device.pk)]
    row = answer["results"][0]
    assert (row["dev_eui"], row["trial"], row["model"]["maker"]) == (device.dev_eui, "2025-101", "みほん電機")
    assert not [name for name in row if "key" in name]
    assert get(f"devices/{device.pk}").json() == row


def test_another_tenants_device_is_not_found_anywhere(get: Get, device: Device, cast: Cast) -> None:
    foreign = DeviceFactory.create(trial__organization=cast.other)
    uplink(foreign, 1)
    for path in ("", "/uplinks", "/latest"):
        assert code(get(f"devices/{foreign.pk}{path}")) == (404, "not_found")
    assert get(f"devices/{device.pk}/uplinks").status_code == 200


def test_sharing_a_trial_does_not_share_devices_by_key(get: Get, cast: Cast) -> None:
    theirs = DeviceFactory.create(trial__organization=cast.other)
    Participant.objects.create(
        trial=theirs.trial, organization=cast.organization, role=ParticipantRole.PARTNER, access=Access.READ
    )
    assert code(get(f"devices/{theirs.pk}")) == (404, "not_found")


def test_a_key_limited_to_a_trial_sees_no_other(get: Get, device: Device, cast: Cast) -> None:
    second = DeviceFactory.create(trial__organization=cast.organization, trial__code="2025-102")
    _key, limited = key_for(cast.organization, trials=[second.trial])
    assert [row["id"] for row in get("devices", token=limited).json()["results"]] == [str(second.pk)]
    assert code(get(f"devices/{device.pk}/uplinks", token=limited)) == (404, "not_found")
    both = get("devices").json()["results"]
    assert {row["id"] for row in both} == {str(device.pk), str(second.pk)}
    one = get("devices", trial="2025-102").json()["results"]
    assert [row["id"] for row in one] == [str(second.pk)]


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [(["read:data"], {"/uplinks", "/latest"}), (["read:devices"], {"", None})],
)
def test_a_scope_opens_only_its_own_doors(scopes, allowed, get: Get, device: Device, cast: Cast) -> None:
    DeviceLatest.objects.create(
        device=device, time=START, received_at=START, deduplication_id=uuid.uuid4(), f_cnt=1, dr=2
    )
    _key, token = key_for(cast.organization, scopes)
    paths = {
        suffix: "devices" if suffix is None else f"devices/{device.pk}{suffix}"
        for suffix in ("", None, "/uplinks", "/latest")
    }
    answers = {suffix: get(path, token=token) for suffix, path in paths.items()}
    assert {suffix for suffix, answer in answers.items() if answer.status_code == 200} == allowed
    refused = {code(answer) for suffix, answer in answers.items() if suffix not in allowed}
    assert refused == {(403, "permission_denied")}


def test_who_has_no_usable_key_is_told_why(get: Get, cast: Cast) -> None:
    key, revoked = key_for(cast.organization)
    api_key_revoke(key=key, actor=None)
    late, expired = key_for(cast.organization)
    ApiKey.objects.filter(pk=late.pk).update(expires_at=clock.now())
    unknown = f"mty_{'0' * 8}_{'0' * 32}"
    expected = {
        None: "not_authenticated",
        "": "key_invalid",
        "nonsense": "key_invalid",
        unknown + checksum(unknown): "key_invalid",
        revoked: "key_revoked",
        expired: "key_expired",
    }
    answers = {token: get("devices", token=token) for token in expected}
    assert {token: code(answer) for token, answer in answers.items()} == {
        token: (401, name) for token, name in expected.items()
    }
    assert {answer["WWW-Authenticate"] for answer in answers.values()} == {"Bearer"}


def test_neither_a_session_nor_an_address_is_a_key(cast: Cast, device: Device) -> None:
    _key, token = key_for(cast.organization)
    client = Client()
    client.force_login(cast.owner)
    assert client.get("/api/v1/devices").status_code == 401
    for name in ("key", "api_key", "token", "access_token"):
        assert client.get("/api/v1/devices", {name: token}).status_code == 401


def test_uplinks_come_newest_first_with_iso_times(get: Get, device: Device) -> None:
    for minutes in (1, 3, 2):
        uplink(device, minutes)
    rows = get(f"devices/{device.pk}/uplinks").json()["results"]
    assert [row["f_cnt"] for row in rows] == [3, 2, 1]
    assert rows[0]["time"] == "2026-11-01T09:03:00+09:00"
    assert (rows[0]["data_hex"], rows[0]["values"], rows[0]["data_rate"]) == ("7001", {"level": 1.12}, 2)


def test_an_uplink_tells_which_gateways_heard_it(
    get: Get, device: Device, django_assert_num_queries: Any
) -> None:
    heard = [{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 5.5}]
    for minutes in (0, 1, 2):
        uplink(device, minutes, rx=heard, gateway_count=1)
    rows = get(f"devices/{device.pk}/uplinks").json()["results"]
    assert [row["rx"] for row in rows] == [heard] * 3
    for fields in ("time, rx", "time"):
        with django_assert_num_queries(4):
            rows = get(f"devices/{device.pk}/uplinks", fields=fields).json()["results"]
        assert ("rx" in rows[0]) is (fields != "time")


def test_pages_hold_every_uplink_once_also_those_of_one_moment(get: Get, device: Device) -> None:
    for number in range(7):
        uplink(device, 0, deduplication_id=uuid.UUID(int=number), f_cnt=number)
    uplink(device, 1)
    seen: list[int] = []
    path, params = f"devices/{device.pk}/uplinks", {"limit": 3}
    answer = get(path, **params).json()
    while True:
        seen += [row["f_cnt"] for row in answer["results"]]
        if answer["next"] is None:
            break
        cursor = answer["next"].split("cursor=")[1].split("&")[0]
        answer = get(path, limit=3, cursor=cursor).json()
    assert seen == [1, 6, 5, 4, 3, 2, 1, 0]


def test_since_is_included_and_until_is_not(get: Get, device: Device) -> None:
    for minutes in (1, 2, 3):
        uplink(device, minutes)
    path = f"devices/{device.pk}/uplinks"
    rows = get(path, since="2026-11-01T09:02:00+09:00", until="2026-11-01T00:03:00Z").json()["results"]
    assert [row["f_cnt"] for row in rows] == [2]
    japan = get(path, since="2026-11-01T09:03:00").json()["results"]
    assert [row["f_cnt"] for row in japan] == [3]
    day = get(path, until="2026-11-01").json()["results"]
    assert day == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"since": "yesterday"}, "/since"),
        ({"until": "2026-02-31"}, "/until"),
        ({"until": "2026-13-01T00:00:00Z"}, "/until"),
        ({"since": "9999-12-31T23:59:59-23:59"}, "/since"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "/until"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "1001"}, "/limit"),
        ({"limit": "１２"}, "/limit"),
        ({"limit": "-1"}, "/limit"),
    ],
)
def test_nonsense_is_refused_with_its_place(params: dict, field: str, get: Get, device: Device) -> None:
    answer = get(f"devices/{device.pk}/uplinks", **params)
    assert code(answer) == (422, "invalid")
    assert [row["pointer"] for row in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("cursor", ["x", "%%%", "MjAyNnx4", "e30", "あ", "\x00"])
def test_a_forged_cursor_is_refused(cursor: str, get: Get, device: Device) -> None:
    assert code(get(f"devices/{device.pk}/uplinks", cursor=cursor)) == (400, "cursor_invalid")


def test_latest_says_when_nothing_has_come(get: Get, device: Device) -> None:
    assert code(get(f"devices/{device.pk}/latest")) == (404, "no_data")
    DeviceLatest.objects.create(
        device=device,
        time=START,
        received_at=START,
        deduplication_id=uuid.UUID(int=5),
        f_cnt=9,
        dr=2,
        rssi=-97,
        decode_state=DecodeState.DECODED,
        values={"level": 1.1},
    )
    row = get(f"devices/{device.pk}/latest").json()
    assert (row["f_cnt"], row["rssi"], row["values"]) == (9, -97, {"level": 1.1})
    assert (row["device_id"], row["time"]) == (str(device.pk), "2026-11-01T09:00:00+09:00")


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_the_same_number_of_queries(
    rows: int, get: Get, device: Device, django_assert_num_queries
) -> None:
    for number in range(rows):
        uplink(device, number)
    for _number in range(rows - 1):
        DeviceFactory.create(trial=device.trial)
    get("devices")  # notes the key's use, at most once a minute
    with django_assert_num_queries(11):
        get("devices")
    with django_assert_num_queries(4):
        get(f"devices/{device.pk}/uplinks")
