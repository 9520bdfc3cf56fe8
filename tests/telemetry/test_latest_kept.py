"""The newest values by API: what PostgreSQL wrote of a row is kept, and never told of another version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core import clock
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.telemetry.models import DeviceLatest
from apps.telemetry.selectors import latest_by_key
from apps.trials.models import Trial
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.trials import TrialFactory
from tests.telemetry import test_api, test_api_across
from tests.telemetry.test_api import Get, key_for
from tests.telemetry.test_api_across import newest, pages

#: Their fixtures.
device, get, second = test_api.device, test_api.get, test_api_across.second


def told(get: Get, device: Device, **more: Any) -> dict[str, Any]:
    (row,) = [one for one in get("latest", **more).json()["results"] if one["device_id"] == str(device.pk)]
    return dict(row)


def raw(text: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


CHANGES: dict[str, Callable[[Device], Any]] = {
    "values": lambda device: DeviceLatest.objects.filter(device=device).update(values={"level": 9}),
    "values-gone": lambda device: DeviceLatest.objects.filter(device=device).update(values=None),
    "device-name": lambda device: Device.objects.filter(pk=device.pk).update(name="改名"),
    "trial-number": lambda device: Trial.objects.filter(pk=device.trial_id).update(code="2025-977"),
    "raw-sql": lambda device: raw(
        "UPDATE telemetry_devicelatest SET rssi = -1 WHERE device_id = %s", device.pk
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_told_at_once(change: str, get: Get, device: Device, second: Device) -> None:
    newest(device)
    newest(second)
    before = told(get, device)
    CHANGES[change](device)
    after = told(get, device)
    assert after != before
    assert told(get, second)["name"] == second.name


def test_a_change_that_was_undone_is_not_told(get: Get, device: Device) -> None:
    newest(device)
    before = told(get, device)
    with transaction.atomic():
        DeviceLatest.objects.filter(device=device).update(f_cnt=77)
        assert told(get, device)["f_cnt"] == 77
        transaction.set_rollback(True)
    assert told(get, device) == before
    DeviceLatest.objects.filter(device=device).update(f_cnt=78)
    assert told(get, device)["f_cnt"] == 78


def test_only_what_changed_is_written_again(
    get: Get, device: Device, second: Device, django_assert_num_queries: Any
) -> None:
    newest(device)
    newest(second)
    get("latest")
    with django_assert_num_queries(2):  # the key, the versions
        get("latest")
    DeviceLatest.objects.filter(device=second).update(f_cnt=5)
    with django_assert_num_queries(3):
        get("latest")
    with django_assert_num_queries(3):  # other fields are other texts
        get("latest", fields="name")


def test_what_went_out_of_sight_takes_no_page_with_it(
    get: Get, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device is retired between the two queries: the pages after it are still told."""
    devices = sorted([device, *DeviceFactory.create_batch(4, trial=device.trial)], key=lambda one: one.pk)
    for one in devices:
        newest(one)
    asked, gone = latest_by_key._written, devices[1]

    def written(*given: Any) -> Any:
        Device.objects.filter(pk=gone.pk).update(state=DeviceState.RETIRED)
        return asked(*given)

    monkeypatch.setattr(latest_by_key, "_written", written)
    rows = pages(get, "latest", limit=2)
    assert [row["device_id"] for row in rows] == [str(one.pk) for one in devices if one != gone]


def test_a_kept_text_is_never_told_to_whom_it_is_not_for(get: Get, device: Device, cast: Cast) -> None:
    newest(device)
    assert told(get, device)
    _key, limited = key_for(cast.organization, trials=[TrialFactory.create(organization=cast.organization)])
    assert get("latest", token=limited).json()["results"] == []
    Device.objects.filter(pk=device.pk).update(joined_trial_at=clock.now())
    _key, limited = key_for(cast.organization, trials=[device.trial])
    assert get("latest", token=limited).json()["results"] == []


def test_what_nobody_asks_for_is_forgotten() -> None:
    kept = latest_by_key.Kept(3)
    marks = [str(number) for number in range(9)]
    for mark in marks:
        kept.put(mark, mark)
        assert kept.get(marks[0]) == "0"  # asked for all the time
    assert kept.get(marks[1]) is None
    assert kept.get(marks[8]) == "8"
    assert len(kept.young) + len(kept.old) <= 6
