"""Newest values, uplinks, events and limits by API, of many devices at once."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.core.site import site_settings
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DownlinkLimit
from apps.exports.domain import export_cancel
from apps.telemetry.api.serializers import LatestOfManySerializer
from apps.telemetry.domain.partitions import partitions_ensure
from apps.telemetry.models import DeviceEvent, DeviceLatest, TrialDay
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, TrialQuota
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.exports import asked
from tests.factories.trials import TrialFactory
from tests.factories.webhooks import EndpointFactory
from tests.telemetry import test_api
from tests.telemetry.test_api import START, Get, code, key_for, uplink

#: Its fixtures.
device, get = test_api.device, test_api.get

HOUR = timedelta(hours=1)


def newest(device: Device, **values: Any) -> DeviceLatest:
    told = {"time": START, "received_at": START, "deduplication_id": uuid.uuid4(), "f_cnt": 1, "dr": 2}
    return DeviceLatest.objects.create(device=device, **{**told, "values": {"level": 1.5}, **values})


def event(device: Device, minutes: int, kind: str = "log", **values: Any) -> DeviceEvent:
    time = START + timedelta(minutes=minutes)
    return DeviceEvent.objects.create(
        organization_id=device.organization_id,
        event_id=uuid.UUID(int=minutes),
        time=time,
        received_at=time,
        trial_id=device.trial_id,
        device_id=device.pk,
        kind=kind,
        **{"data": {"description": "x"}, **values},
    )


@pytest.fixture
def second(cast: Cast) -> Device:
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization, code="2025-102"))


def test_latest_of_all_devices_of_the_organization_or_of_a_trial(
    get: Get, device: Device, second: Device, cast: Cast
) -> None:
    newest(device, values=None)
    newest(second)
    newest(DeviceFactory.create(trial__organization=cast.other))
    newest(DeviceFactory.create(trial=second.trial, state=DeviceState.RETIRED))
    rows = {row["device_id"]: row for row in get("latest").json()["results"]}
    assert set(rows) == {str(device.pk), str(second.pk)}
    row = rows[str(second.pk)]
    assert (row["trial"], row["values"], row["time"]) == (
        "2025-102",
        {"level": 1.5},
        "2026-11-01T09:00:00+09:00",
    )
    assert rows[str(device.pk)]["values"] is None
    assert list(row) == list(LatestOfManySerializer().fields)  # what the schema tells
    (one,) = get("latest", trial="2025-102", fields="name,values").json()["results"]
    assert one == {"name": second.name, "values": {"level": 1.5}}
    _key, limited = key_for(cast.organization, trials=[second.trial])
    assert [row["device_id"] for row in get("latest", token=limited).json()["results"]] == [str(second.pk)]


@pytest.mark.parametrize("rows", [1, 3])
def test_latest_asks_the_same_number_of_queries(
    rows: int, get: Get, device: Device, django_assert_num_queries
) -> None:
    newest(device)
    for _number in range(rows - 1):
        newest(DeviceFactory.create(trial=device.trial))
    assert len(get("latest").json()["results"]) == rows
    with django_assert_num_queries(2):  # what was written of each row is kept
        get("latest")
    with django_assert_num_queries(6):
        get("uplinks")
    with django_assert_num_queries(10):  # … numbers of downlinks, organization, exports twice, webhooks
        get("quotas")


def pages(get: Get, path: str, **params: Any) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    answer = get(path, **params).json()
    while answer["next"]:
        seen += answer["results"]
        query = dict(part.split("=") for part in answer["next"].partition("?")[2].split("&"))
        answer = get(path, **query).json()
    return [*seen, *answer["results"]]


def test_latest_comes_in_pages(get: Get, device: Device) -> None:
    for _number in range(4):
        newest(DeviceFactory.create(trial=device.trial))
    rows = pages(get, "latest", limit=3)
    assert len({row["device_id"] for row in rows}) == len(rows) == 4


def test_uplinks_of_all_devices_come_together(get: Get, device: Device, second: Device, cast: Cast) -> None:
    for number in range(5):
        uplink(device, number)
        uplink(second, number, deduplication_id=uuid.UUID(int=number))
    uplink(DeviceFactory.create(trial__organization=cast.other), 1, deduplication_id=uuid.UUID(int=77))
    rows = pages(get, "uplinks", limit=3)
    assert [row["f_cnt"] for row in rows] == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]
    assert {(row["device_id"], row["trial"]) for row in rows} == {
        (str(device.pk), "2025-101"),
        (str(second.pk), "2025-102"),
    }
    some = get("uplinks", trial="2025-102", since="2026-11-01T09:01:00", until="2026-11-01T09:03:00").json()
    assert [(row["f_cnt"], row["trial"]) for row in some["results"]] == [(2, "2025-102"), (1, "2025-102")]
    assert code(get("uplinks", trial="2025-999")) == (404, "not_found")
    _key, limited = key_for(cast.organization, trials=[second.trial])
    assert len(get("uplinks", token=limited).json()["results"]) == 5
    assert code(get("uplinks", token=limited, trial="2025-101")) == (404, "not_found")


def test_uplinks_stay_with_the_trial_they_came_in(get: Get, device: Device, second: Device) -> None:
    uplink(device, 1)
    Device.objects.filter(pk=device.pk).update(trial=second.trial)
    uplink(device, 2, trial_id=second.trial_id)
    assert [row["f_cnt"] for row in get("uplinks", trial="2025-101").json()["results"]] == [1]
    assert [row["f_cnt"] for row in get("uplinks", trial="2025-102").json()["results"]] == [2]


def test_a_cursor_of_another_query_or_organization_is_refused(
    get: Get, device: Device, second: Device, cast: Cast
) -> None:
    for number in range(3):
        uplink(device, number)
        newest(DeviceFactory.create(trial=device.trial))
    path = f"devices/{device.pk}/uplinks"
    cursor = get(path, limit=1).json()["next"].split("cursor=")[1].split("&")[0]
    assert get(path, cursor=cursor, limit=2, fields="time").status_code == 200
    refused = (400, "cursor_invalid")
    assert code(get(path, cursor=cursor, since="2026-01-01")) == refused
    assert code(get(f"devices/{second.pk}/uplinks", cursor=cursor)) == refused
    for other in ("uplinks", "latest", "devices", f"devices/{device.pk}/events"):
        assert code(get(other, cursor=cursor)) == refused
    _key, theirs = key_for(cast.other)
    for shared in ("uplinks", "latest", "devices"):
        own = get(shared, limit=1).json()["next"].split("cursor=")[1].split("&")[0]
        assert get(shared, limit=1, cursor=own).status_code == 200
        assert code(get(shared, limit=1, cursor=own, token=theirs)) == refused
    assert code(get("uplinks", cursor="x" * 10_000)) == refused


def test_device_events_by_kind_and_time_in_words(get: Get, device: Device, second: Device) -> None:
    partitions_ensure(months=[date(2026, 11, 1)])
    event(device, 1, "join")
    event(device, 2, "log", code="UPLINK_CODEC", level="ERROR")
    event(second, 3, "join")
    path = f"devices/{device.pk}/events"
    rows = get(path).json()["results"]
    assert [(row["kind"], row["code"]) for row in rows] == [("log", "UPLINK_CODEC"), ("join", "")]
    assert rows[1]["title"] == "ネットワークに参加しました"
    assert [row["kind"] for row in get(path, kind="join").json()["results"]] == ["join"]
    assert [row["kind"] for row in pages(get, path, limit=1)] == ["log", "join"]
    assert code(get(path, kind="nonsense")) == (422, "invalid")


def test_quotas_of_trials_and_their_sum(get: Get, device: Device, second: Device, cast: Cast) -> None:
    for trial, granted in ((device.trial, 5), (second.trial, 3)):
        TrialQuota.objects.filter(trial=trial, kind="devices").update(granted=granted)
        TrialQuota.objects.update_or_create(trial=trial, kind="messages", defaults={"granted": 100})
    TrialDay.objects.create(trial=device.trial, day=clock.local_date(), uplinks=120)
    told = get("quotas").json()
    assert [row["trial"] for row in told["trials"]] == ["2025-102", "2025-101"]
    assert told["total"] == {
        "devices": {"granted": 8, "used": 2, "free": 6},
        "messages": {"granted": 200, "used": 120, "free": 80},
    }
    row = get("trials/2025-101/quotas").json()
    assert (row["messages"], row["devices"]["used"]) == ({"granted": 100, "used": 120, "free": 0}, 1)
    assert row == told["trials"][1]
    assert row["title"] == device.trial.title
    _key, limited = key_for(cast.organization, trials=[second.trial])
    assert [row["trial"] for row in get("quotas", token=limited).json()["trials"]] == ["2025-102"]
    for path in ("trials/2025-101/quotas", "trials/2025-101/usage"):
        assert code(get(path, token=limited)) == (404, "not_found")
        _foreign, theirs = key_for(cast.other)
        assert code(get(path, token=theirs)) == (404, "not_found")


def test_every_limit_that_pages_show_is_told(get: Get, device: Device, second: Device, cast: Cast) -> None:
    DownlinkLimit.objects.create(trial=device.trial, a_day=3)
    EndpointFactory.create(organization=cast.organization)
    ended, _open = asked(device, cast.owner), asked(device, cast.owner)
    export_cancel(export=ended, actor=cast.owner)
    told = get("quotas").json()
    assert {row["trial"]: row["downlinks_a_day"] for row in told["trials"]} == {
        "2025-101": 3,
        "2025-102": site_settings().downlinks_a_day,
    }
    assert told["webhooks"] == {"granted": 20, "used": 1, "free": 19}
    assert (told["exports"]["at_once"], told["exports"]["a_day"]) == (
        {"granted": 3, "used": 1, "free": 2},
        {"granted": 30, "used": 2, "free": 28},
    )
    assert told["exports"]["frees_at"].endswith("T00:00:00+09:00")


def test_who_takes_part_sees_the_quotas_of_a_shared_trial(get: Get, cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.other, code="2025-103")
    assert code(get("trials/2025-103/quotas")) == (404, "not_found")
    Participant.objects.create(
        trial=trial, organization=cast.organization, role=ParticipantRole.PARTNER, access=Access.READ
    )
    assert get("trials/2025-103/quotas").json()["trial"] == "2025-103"


def test_usage_by_day(get: Get, device: Device) -> None:
    today = clock.local_date()
    for ago, count in ((0, 5), (29, 7), (30, 9)):
        TrialDay.objects.create(trial=device.trial, day=today - timedelta(days=ago), uplinks=count)
    path = "trials/2025-101/usage"
    assert [row["messages"] for row in get(path).json()["days"]] == [7, 5]
    first = (today - timedelta(days=40)).isoformat()
    told = get(path, since=first, until=(today - timedelta(days=1)).isoformat()).json()
    assert (told["since"], [row["messages"] for row in told["days"]]) == (first, [9, 7])
    assert code(get(path, since="2020-01-01")) == (422, "invalid")
    assert code(get(path, since="2026-02-01", until="2026-01-01")) == (422, "invalid")


@pytest.mark.parametrize(
    "path", ["devices", "latest", "uplinks", "device-models", "devices/{}", "devices/{}/uplinks"]
)
def test_chosen_fields_and_unknown_ones(path: str, get: Get, device: Device) -> None:
    uplink(device, 1)
    newest(device)
    path = path.format(device.pk)
    answer = get(path, fields="nonsense")
    assert code(answer) == (400, "unknown_field")
    assert answer.json()["errors"][0]["pointer"] == "/fields"
    assert code(get(path, fields="")) == (400, "unknown_field")
    name = {"devices": "name", "latest": "name", "device-models": "name"}.get(path, "time")
    name = "name" if path == f"devices/{device.pk}" else name
    body = get(path, fields=name).json()
    row = body["results"][0] if "results" in body else body
    assert list(row) == [name]


def test_what_is_not_asked_costs_nothing(get: Get, device: Device, django_assert_num_queries) -> None:
    get("devices")
    with django_assert_num_queries(3):
        get("devices", fields="id,name,dev_eui")


def test_devices_are_found_by_deveui_and_registration(get: Get, device: Device, second: Device) -> None:
    typed = "-".join(device.dev_eui[at : at + 2] for at in range(0, 16, 2)).upper()
    assert [row["id"] for row in get("devices", dev_eui=typed).json()["results"]] == [str(device.pk)]
    Device.objects.filter(pk=second.pk).update(state=DeviceState.PAUSED)
    assert [row["id"] for row in get("devices", registration="paused").json()["results"]] == [str(second.pk)]
    assert code(get("devices", registration="x")) == (422, "invalid")
    assert get("devices", trial="\0").json()["results"] == []
