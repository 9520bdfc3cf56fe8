"""The device page's ranges, what is polled, frames, comparing: with one row and many, odd input, 304."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core import clock
from apps.devices.models import Device
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import hours_add, uplinks_add
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def device(cast: Cast) -> Device:
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), name="WL-03")


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(device: Device, end: str = "") -> str:
    return f"/en/o/{device.organization_id}/devices/{device.pk}/{end}"


def sent(device: Device, count: int, **values: Any) -> None:
    now = clock.now() - MINUTE
    rows = [(now - 10 * MINUTE * n, {"level": 1 + n / 100, **values}) for n in range(count)]
    uplinks_add(device, rows[::-1])


def test_a_year_shows_days_with_their_lowest_and_highest(client: Client, device: Device) -> None:
    sent(device, 2)
    start = (clock.now() - 20 * DAY).replace(minute=0, second=0, microsecond=0)
    hours_add(device, start, [{"level": [6, 1.0, 1.5, 7.5, 1.1]}] * 24 * 15)
    answer = client.get(address(device, "?range=year"))
    assert answer.context["page"].answer.interval == "1d"
    (line,) = answer.context["chart"]["series"]
    assert (line["low"][0], line["values"][0], line["high"][0]) == (1.0, 1.25, 1.5)
    page = answer.content.decode()
    assert "1.25 (1.00–1.50)" in page
    assert "Mean of each day" in page
    assert answer.context["more_url"].endswith("&more=1")
    more = client.get(address(device, answer.context["more_url"]))
    assert more.content.decode().count('<th scope="row"><time') >= 15


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("since=x", "since"),
        ("since=2026-01-02T00:00&until=2026-01-01T00:00", "until"),
        ("since=2016-01-01T00:00&until=2026-01-01T00:00", "until"),
        ("since=0001-01-01T00:00", "since"),
        ("until=9999-12-31T23:59", "until"),
    ],
)
def test_a_range_that_cannot_be_shown_is_told_beside_its_field(
    client: Client, device: Device, query: str, place: str
) -> None:
    sent(device, 1)
    answer = client.get(address(device, f"?{query}"))
    assert answer.status_code == 422
    assert f'id="id_{place}-error"' in answer.content.decode()
    assert answer.context["asked"].name == "day"


def test_the_steps_move_a_range_and_keep_the_field(client: Client, device: Device) -> None:
    sent(device, 3)
    query = "?since=2026-10-01T00:00&until=2026-10-02T00:00&field=level"
    steps = {step["name"]: step["url"] for step in client.get(address(device, query)).context["steps"]}
    assert steps["earlier"] == "?since=2026-09-30T12%3A00&until=2026-10-01T12%3A00"
    assert steps["closer"] == "?since=2026-10-01T06%3A00&until=2026-10-01T18%3A00"
    assert steps["wider"] == "?since=2026-09-30T12%3A00&until=2026-10-02T12%3A00" or len(steps) == 4
    now = {step["name"] for step in client.get(address(device)).context["steps"]}
    assert now == {"earlier", "closer", "wider"}


def test_what_is_polled_is_sent_once(client: Client, device: Device) -> None:
    """The same again is a 304 without a body; something new is not."""
    sent(device, 3)
    page = client.get(address(device)).content.decode()
    assert f'data-poll="{address(device, "live/")}"' in page
    first = client.get(address(device, "live/"))
    assert "1.00" in first.content.decode()
    again = client.get(address(device, "live/"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    uplinks_add(device, [(clock.now(), {"level": 4.2})])
    new = client.get(address(device, "live/"), headers={"If-None-Match": first["ETag"]})
    assert new.status_code == 200
    assert "4.20" in new.content.decode()


def test_nothing_is_polled_of_a_trial_that_is_over(client: Client, cast: Cast) -> None:
    today = clock.local_date()
    over = TrialFactory.create(
        organization=cast.organization, starts_on=today - 60 * DAY, ends_on=today - 30 * DAY
    )
    device = DeviceFactory.create(trial=over)
    sent(device, 1)
    assert "data-poll" not in client.get(address(device)).content.decode()


def test_old_values_say_since_when(client: Client, device: Device) -> None:
    uplinks_add(device, [(clock.now() - 5 * DAY, {"level": 1})])
    assert "Nothing newer has arrived since." in client.get(address(device)).content.decode()


@pytest.mark.parametrize("rows", [1, 60])
def test_frames_are_paged_by_a_cursor(
    client: Client, device: Device, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sent(device, rows, word="dry")
    client.get(address(device, "frames/"))
    with django_assert_num_queries(4):
        answer = client.get(address(device, "frames/"))
    page = answer.content.decode()
    assert page.count('<th scope="row"><time') == min(rows, 50)
    assert "dry" in page
    assert "923.2" in page
    if rows > 50:
        older = client.get(address(device, "frames/") + answer.context["older"])
        assert older.content.decode().count('<th scope="row"><time') == 10
        assert not older.context["older"]


@pytest.mark.parametrize("cursor", ["x", "%00", "MjAyNg", "é"])
def test_a_forged_cursor_is_no_page(client: Client, device: Device, cursor: str) -> None:
    assert client.get(address(device, f"frames/?cursor={cursor}")).status_code == 404


def test_places_are_listed_beside_the_map(client: Client, device: Device) -> None:
    sent(device, 2, latitude=36.69, longitude=137.21)
    page = client.get(address(device)).content.decode()
    assert page.count("Told by the device") >= 2
    assert 'data-marker="2"' in page


def compare(device: Device, query: str = "") -> str:
    return f"/en/o/{device.organization_id}/trials/{device.trial.code}/compare/{query}"


@pytest.mark.parametrize("count", [1, 3])
def test_devices_beside_one_another(
    client: Client, device: Device, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    devices = [device, *(DeviceFactory.create(trial=device.trial) for _n in range(count - 1))]
    start = (clock.now() - 5 * HOUR).replace(minute=0, second=0, microsecond=0)
    for one in devices:
        uplinks_add(one, [(start, {"level": 1, "battery": 3.6})])
        hours_add(one, start, [{"level": [1, 1, 1, 1, 1], "battery": [1, 3.6, 3.6, 3.6, 3.6]}] * 3)
    query = "?" + "&".join(f"device={one.pk}" for one in devices) + "&field=level"
    client.get(compare(device, query))
    with django_assert_num_queries(COMPARE):
        answer = client.get(compare(device, query))
    assert [line["label"] for line in answer.context["lines"]] == [one.name for one in devices]
    assert len(answer.context["rows"]) == 3
    both = client.get(compare(device, f"?device={device.pk}&field=level&field=battery"))
    assert [line["scale"] for line in both.context["chart"]["series"]] == [0, 1]


#: Session, user, organization, trial, devices, newest values, rhythm, hours.
COMPARE = 8


def test_too_much_at_once_is_refused_in_words(client: Client, device: Device) -> None:
    devices = [device, *(DeviceFactory.create(trial=device.trial) for _n in range(4))]
    for one in devices:
        uplinks_add(one, [(clock.now(), {"level": 1})])
    query = "?" + "&".join(f"device={one.pk}" for one in devices) + "&field=level"
    answer = client.get(compare(device, query))
    assert answer.status_code == 422
    assert "That would be 5 lines. At most 4 can be told apart." in answer.content.decode()
    assert client.get(compare(device, "?device=x&field=y%00")).status_code == 422


def test_nothing_to_compare_yet(client: Client, device: Device) -> None:
    assert "Nothing to compare yet" in client.get(compare(device)).content.decode()
