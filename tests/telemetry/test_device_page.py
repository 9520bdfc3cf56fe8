from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core import clock
from apps.core.csv_file import csv_cell
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from tests.cast import Cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(cast: Cast) -> Device:
    codec = CodecVersionFactory.create()
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization), model=codec.model)


@pytest.fixture
def runner() -> Iterator[CodecRunner]:
    partitions.forget()
    with CodecRunner() as runner:
        yield runner


def address(device: Device, end: str = "") -> str:
    return f"/o/{device.organization_id}/devices/{device.pk}/{end}"


def send(device: Device, runner: CodecRunner, levels: list[int]) -> None:
    now = clock.now()
    store_batch(
        messages=[
            Incoming(
                topic_of(device),
                encoded(uplink_event(device, data=bytes([level]), time=now - timedelta(minutes=10 * n + 1))),
                now,
            )
            for n, level in enumerate(levels)
        ],
        runner=runner,
    )


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("colleague", 200), ("reader", 200), ("stranger", 404), ("staff", 200)],
)
@pytest.mark.parametrize("end", ["", "data.csv"])
def test_who_may_see_a_device(
    client: Client, cast: Cast, device: Device, who: str, status: int, end: str
) -> None:
    client.force_login(getattr(cast, who), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address(device, end)).status_code == status


def test_a_stranger_with_an_organization_of_their_own_sees_nothing(
    client: Client, cast: Cast, device: Device
) -> None:
    client.force_login(cast.stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/o/{cast.other.pk}/devices/{device.pk}/").status_code == 404


def test_without_signing_in_the_page_asks_for_it(client: Client, device: Device) -> None:
    assert client.get(address(device)).status_code == 302


def test_before_the_first_uplink_the_page_says_so(client: Client, cast: Cast, device: Device) -> None:
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/en" + address(device)).content.decode()
    assert "Nothing has arrived yet" in page
    assert "<table" not in page


def test_values_chart_and_table(client: Client, cast: Cast, device: Device, runner: CodecRunner) -> None:
    send(device, runner, [123, 110, 100])
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/en" + address(device))
    page = response.content.decode()
    assert "1.23" in page
    assert response.context["chart"]["series"][0]["values"] == [1.0, 1.1, 1.23]
    assert page.count('<th scope="row"><time') == 3
    assert f'href="/en{address(device, "data.csv")}?range=day"' in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_the_same_few_questions(
    client: Client,
    cast: Cast,
    device: Device,
    runner: CodecRunner,
    rows: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    send(device, runner, [100] * rows)
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    client.get(address(device))
    with django_assert_num_queries(21):
        client.get(address(device))


@pytest.mark.parametrize(
    "query", ["?range=x", "?range=", "?range=day&range=year", "?field=%00", "?range=month&more=1", "?link=x"]
)
def test_odd_ranges_fall_back(client: Client, cast: Cast, device: Device, query: str) -> None:
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address(device) + query).status_code == 200


def test_the_csv_holds_everything_oldest_first(
    client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    send(device, runner, [120, 110])
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(address(device, "data.csv"))
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["level (水位 m)"] for row in rows] == ["1.1", "1.2"]
    assert [row["raw"] for row in rows] == ["6e", "78"]
    assert rows[0]["time"].endswith("+09:00")


def test_the_csv_holds_values_that_no_model_describes(
    client: Client, cast: Cast, device: Device, runner: CodecRunner
) -> None:
    script = "function decodeUplink(input) { return { data: { extra: input.bytes[0], '=sum': 1 } }; }"
    device.model = CodecVersionFactory.create(script=script).model
    device.save()
    send(device, runner, [7])
    client.force_login(cast.owner, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(address(device, "data.csv"))
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["extra"], row["'=sum"]) == ("7", "1")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\n=1", "\uff1d1+1", "\uff20x"])
def test_a_spreadsheet_sees_no_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


def test_numbers_stay_numbers_in_the_csv() -> None:
    assert [csv_cell(value) for value in (-1.5, "ok", None)] == [-1.5, "ok", ""]
