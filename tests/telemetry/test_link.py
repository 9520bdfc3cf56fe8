"""The radio link of a device: loss by the frame counter, judgements, the page, the list, the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.apikeys.domain import api_key_create
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.rules.event_words import event_words
from apps.telemetry.rules.link import Grade, HourHeard, Link, frames_of, link_grade, link_of
from apps.telemetry.selectors import links_of
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

START = datetime.fromisoformat("2026-11-20T12:00:00+09:00")


def hour(number: int, low: int | None, high: int | None, counted: int, **changes: Any) -> HourHeard:
    values: dict[str, Any] = {
        "hour": START + timedelta(hours=number),
        "uplinks": counted,
        "dev_addr": "00189440",
        "low": low,
        "high": high,
        "counted": counted,
        "rssi": -97,
        "snr": 5.5,
        "gateways": 2,
    }
    return HourHeard(**{**values, **changes})


@pytest.mark.parametrize(
    ("hours", "expected", "lost"),
    [
        ([], 0, 0),
        ([hour(0, 10, 15, 6)], 6, 0),
        ([hour(0, 10, 15, 4)], 6, 2),
        ([hour(1, 16, 21, 6), hour(0, 10, 15, 6)], 12, 0),
        ([hour(0, 10, 15, 6), hour(1, 18, 21, 4)], 12, 2),
        ([hour(0, 10, 15, 6), hour(9, 64, 69, 6)], 60, 48),  # eight silent hours are counted
        ([hour(0, 10, 15, 6), hour(1, 0, 5, 6, dev_addr="01010101")], 12, 0),  # joined again
        ([hour(0, 900, 905, 6), hour(1, 0, 908, 6), hour(2, 3, 8, 6)], 12, 0),  # set back within an hour
        ([hour(0, 900, 905, 6), hour(1, 0, 5, 6)], 12, 0),  # set back between two hours
        ([hour(0, 0, 90_000, 6)], 0, 0),  # no device sends so much
        ([hour(0, 10, 11, 3)], 3, 0),  # one number twice
        ([hour(0, None, None, 0)], 0, 0),
    ],
)
def test_what_the_frame_counter_tells(hours: list[HourHeard], expected: int, lost: int) -> None:
    assert frames_of(hours) == (expected, lost)


def test_below_ten_frames_nothing_is_said() -> None:
    few = link_of([hour(0, 1, 9, 5)], data_rate=None)
    assert (few.expected, few.lost, few.loss) == (9, 4, None)
    assert link_of([hour(0, 1, 10, 5)]).loss == 50
    assert link_grade(link_of([])) == Grade.UNKNOWN


@pytest.mark.parametrize(
    ("hours", "data_rate", "grade"),
    [
        ([hour(0, 1, 100, 100)], 2, Grade.GOOD),
        ([hour(0, 1, 100, 94)], 2, Grade.FAIR),
        ([hour(0, 1, 100, 80)], 2, Grade.WEAK),
        ([hour(0, 1, 100, 100, snr=-8.0)], 2, Grade.FAIR),
        ([hour(0, 1, 100, 100, snr=-12.0)], 2, Grade.WEAK),
        ([hour(0, 1, 100, 100, snr=-12.0)], 0, Grade.FAIR),  # SF12 is heard below SF10
        ([hour(0, 1, 100, 100, snr=None, rssi=-120)], 6, Grade.WEAK),
        ([hour(0, 1, 5, 5)], 2, Grade.UNKNOWN),
        ([hour(0, 1, 5, 5, snr=-14.0)], 2, Grade.WEAK),
    ],
)
def test_the_link_in_one_word(hours: list[HourHeard], data_rate: int, grade: Grade) -> None:
    assert link_grade(link_of(hours, data_rate=data_rate)) == grade


def test_radio_values_are_the_usual_ones_not_the_luckiest() -> None:
    hours = [hour(n, 10 * n, 10 * n + 9, 10, rssi=rssi) for n, rssi in enumerate((-120, -118, -80))]
    link = link_of(hours, data_rate=2)
    assert (link.rssi, link.rssi_best, link.spreading_factor, link.spare) == (-118, -80, 10, 20.5)


@pytest.mark.parametrize(
    ("kind", "code", "data", "tone"),
    [
        ("join", "", {}, "ok"),
        ("ack", "", {"acknowledged": True}, "ok"),
        ("ack", "", {"acknowledged": False}, "late"),
        ("txack", "", {"gatewayId": "0016c001f153a14c"}, ""),
        ("status", "", {"batteryLevel": 50.5, "margin": 7}, ""),
        ("status", "", {"externalPowerSource": True, "margin": "x"}, ""),
        ("status", "", {"batteryLevel": [], "margin": None}, ""),
        ("location", "", {"location": None}, ""),
        ("repeat", "", {"of": 1}, ""),
        ("log", "UPLINK_MIC", {"level": "ERROR"}, "silent"),
        ("log", "OTAA", {"description": "DevNonce has already been used"}, "silent"),
        ("log", "OTAA", {"description": "<b>x</b>", "level": "ERROR"}, "late"),
        ("log", "EXPIRED", {"level": "INFO"}, ""),
        ("log", "NEW_CODE", {"description": None}, ""),
        ("other", "", {}, ""),
    ],
)
def test_each_event_in_plain_words(kind: str, code: str, data: dict[str, Any], tone: str) -> None:
    words = event_words(kind, code, data)
    assert words.title
    assert words.tone == tone


# From here on with events through the ingest, and on pages.


@pytest.fixture(scope="module")
def codecs() -> Iterator[CodecRunner]:
    with CodecRunner() as runner:
        yield runner


@pytest.fixture
def runner(codecs: CodecRunner) -> CodecRunner:
    partitions.forget()
    return codecs


@pytest.fixture
def device(cast: Cast) -> Device:
    trial = TrialFactory.create(organization=cast.organization, code="2025-101", devices=50)
    return DeviceFactory.create(trial=trial, model=CodecVersionFactory.create().model)


def message(device: Device, minutes: float, kind: str = "up", **parts: Any) -> Incoming:
    whole = uplink_event(device, time=clock.now() - timedelta(minutes=minutes))
    if kind != "up":
        whole = {name: whole[name] for name in ("time", "deviceInfo", "deduplicationId")}
    return Incoming(topic_of(device, kind), encoded({**whole, **parts}), clock.now())


def sends(device: Device, runner: CodecRunner, frames: int = 20, **parts: Any) -> None:
    """So many frames, one every ten minutes, but every tenth is lost."""
    kept = [n for n in range(frames) if n % 10 != 5]
    messages = [message(device, 10 * (frames - n) - 5, fCnt=100 + n, **parts) for n in kept]
    store_batch(messages=messages, runner=runner)


def page_of(client: Client, cast: Cast, address: str) -> str:
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def address(device: Device, query: str = "") -> str:
    return f"/en/o/{device.organization_id}/devices/{device.pk}/{query}"


def test_the_link_of_real_events(device: Device, runner: CodecRunner) -> None:
    sends(device, runner)
    status = message(device, 3, "status", batteryLevel=80.0, margin=12)
    store_batch(messages=[status], runner=runner)
    link: Link = links_of([device])[device.pk]
    assert (link.uplinks, link.expected, link.lost, link.loss) == (18, 20, 2, 10)
    assert (link.rssi, link.snr, link.gateways, link.data_rate) == (-97, 5.5, 2, 2)
    assert (link.battery, link.margin, link.external_power) == (80, 12, False)
    old = links_of([device], now=clock.now() + timedelta(hours=30))[device.pk]
    assert (old.uplinks, old.loss, old.rssi) == (0, None, None)


def test_the_page_judges_the_link_and_says_why(
    client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    sends(device, runner, 4, devAddr="01010101")
    page = page_of(client, cast, address(device))
    assert "Too little to say" in page
    assert "So far 4 messages were counted" in page
    sends(device, runner, 40)
    page = page_of(client, cast, address(device, "?link=168"))
    assert "arrived" in page
    # Those of the first session fall on the same moments and are no intervals.
    assert re.search(r"Learnt from its last (1[0-9]|20) intervals", page)
    assert page_of(client, cast, address(device, "?link=x")).count("Radio link") > 0


@pytest.mark.parametrize("count", [0, 1, 7])
def test_what_the_network_told_stands_on_the_page(
    count: int, client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    text = "<script>alert(1)</script>"
    messages = [message(device, n, "log", code="X", description=text) for n in range(count)]
    store_batch(messages=messages, runner=runner)
    page = page_of(client, cast, address(device))
    assert text not in page
    assert page.count("<details") == min(count, 5)
    assert ("Nothing yet. Joins" in page) == (count == 0)
    assert ("?events=all" in page) == (count > 5)
    assert page_of(client, cast, address(device, "?events=all")).count("<details") == count


def test_the_page_of_a_wrong_key_offers_to_write_it_again(
    client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    store_batch(messages=[message(device, 4, "log", code="UPLINK_MIC", level="ERROR")], runner=runner)
    keys = f"/o/{device.organization_id}/devices/{device.pk}/keys/"
    page = page_of(client, cast, address(device))
    assert "The keys do not match" in page
    assert keys in page
    client.force_login(cast.reader, backend="django.contrib.auth.backends.ModelBackend")
    assert keys not in client.get(address(device)).content.decode()


def test_an_uplink_that_cannot_be_decoded_does_not_break_the_page(
    client: Client, cast: Cast, runner: CodecRunner
) -> None:
    script = "function decodeUplink() { return {errors: ['x']}; }"
    trial = TrialFactory.create(organization=cast.organization)
    device = DeviceFactory.create(trial=trial, model=CodecVersionFactory.create(script=script).model)
    sends(device, runner, 3)
    assert "cannot be decoded" in page_of(client, cast, address(device))


def listed(client: Client, cast: Cast, device: Device, **query: str) -> Any:
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/en/o/{device.organization_id}/trials/{device.trial.code}/devices/", query)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_few_questions(
    rows: int,
    client: Client,
    cast: Cast,
    device: Device,
    runner: CodecRunner,
    django_assert_num_queries: Any,
) -> None:
    for number in range(rows - 1):
        DeviceFactory.create(trial=device.trial, model=device.model, name=f"N{number}")
    for one in Device.objects.all():
        sends(one, runner, 3)
    address = listed(client, cast, device).request["PATH_INFO"]
    with django_assert_num_queries(13):
        assert len(client.get(address).context["rows"]) == rows


def test_the_list_shows_first_what_needs_attention_and_can_be_asked(
    client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    """Six devices: one sends, one has wrong keys, four were never heard."""
    sends(device, runner, 3)
    others = [
        DeviceFactory.create(trial=device.trial, model=device.model, name=f"Z-{n}", place_name=f"Bridge {n}")
        for n in range(5)
    ]
    wrong = message(others[4], 4, "log", code="UPLINK_MIC", level="ERROR")
    store_batch(messages=[wrong], runner=runner)
    answer = listed(client, cast, device)
    names = [row["device"].name for row in answer.context["rows"]]
    assert names == ["Z-4", "Z-0", "Z-1", "Z-2", "Z-3", device.name]
    assert answer.context["listed"].counts == {"good": 1, "error": 1, "waiting": 4}

    def found(**query: str) -> list[str]:
        return [row["device"].name for row in listed(client, cast, device, **query).context["rows"]]

    assert found(state="good") == [device.name]
    assert found(sort="last")[0] == device.name
    assert found(sort="name")[-1] == "Z-4"
    assert found(find="bridge 3") == ["Z-3"]
    assert found(find=others[1].dev_eui.upper()) == ["Z-1"]
    assert found(find="%") == []
    assert found(state="x", sort="\x00", find="\x00") == names
    nothing = listed(client, cast, device, state="off").content.decode()
    assert "No device fits this choice" in nothing


@pytest.fixture
def get(cast: Cast) -> Any:
    scopes = ["read:devices"]
    _key, token = api_key_create(organization=cast.organization, actor=None, name="k", scopes=scopes)

    def _get(path: str, **headers: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {token}", **headers})

    return _get


def test_the_api_tells_state_and_link(get: Any, device: Device, runner: CodecRunner) -> None:
    sends(device, runner)
    never = DeviceFactory.create(trial=device.trial, model=device.model)
    rows = {row["id"]: row for row in get("devices", **{"Accept-Language": "en"}).json()["results"]}
    row = rows[str(device.pk)]
    assert (row["registration"], row["state"]["code"], row["state"]["severity"]) == (
        "active",
        "sending",
        "good",
    )
    assert row["state"]["label"] == "Receiving"
    assert row["state"]["since"] == row["state"]["last_heard"]
    assert (row["link"]["grade"], row["link"]["loss_percent"], row["link"]["hours"]) == ("fair", 10.0, 24)
    other = rows[str(never.pk)]
    assert (other["state"]["code"], other["state"]["since"]) == ("waiting_join", None)
    assert other["state"]["what_to_do"].startswith("Switch the device on.")
    assert (other["link"]["grade"], other["link"]["loss_percent"]) == ("unknown", None)
    assert get(f"devices/{device.pk}", **{"Accept-Language": "en"}).json() == row
    assert get(f"devices/{device.pk}", **{"Accept-Language": "ja"}).json()["state"]["label"] == "届いています"
