"""What decoded values are called: by the model, or by the device's own people; faults beside the field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import InvalidInput
from apps.devices.domain.fields import device_fields_save
from apps.devices.models import Device
from apps.telemetry.selectors.exporting import described_fields
from apps.telemetry.selectors.fields import fields_of, names_of, words_of_fields
from apps.telemetry.views.shown import plausible_text
from tests.cast import Cast
from tests.factories.devices import DeviceFactory
from tests.factories.series import uplinks_add
from tests.factories.trials import TrialFactory

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def device(cast: Cast) -> Device:
    return DeviceFactory.create(trial=TrialFactory.create(organization=cast.organization))


def address(device: Device, end: str = "") -> str:
    return f"/en/o/{device.organization_id}/devices/{device.pk}/{end}"


def test_what_the_device_says_stands_over_the_model(cast: Cast, device: Device) -> None:
    said: dict[str, Any] = {
        "level": {"label": " 川の 水位 ", "unit": "cm", "low": 0, "high": 500},
        "extra": {"unit": "V"},
    }
    device = device_fields_save(device=device, actor=cast.owner, fields=said)
    extra, level = fields_of(device, ["extra"], "ja")
    assert (level.label, level.unit, level.places, level.low, level.high) == ("川の 水位", "cm", 2, 0, 500)
    assert (extra.label, extra.unit) == ("extra", "V")
    assert fields_of(device, (), "en")[1].label == "Level"
    assert AuditEntry.objects.get(action="device.fields").data == {"fields": ["extra", "level"]}
    device_fields_save(device=device, actor=cast.owner, fields={"level": {"label": ""}})
    device.refresh_from_db()
    assert device.fields == {}


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"low": 5, "high": 5}, "level.high"),
        ({"decimals": 7}, "level.decimals"),
        ({"unit": "m" * 17}, "level.unit"),
        ({"label": "水" * 41}, "level.label"),
    ],
)
def test_what_cannot_be_kept_names_its_place(
    cast: Cast, device: Device, row: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        device_fields_save(device=device, actor=cast.owner, fields={"level": row})
    assert list(refused.value.fields) == [place]


def test_the_page_keeps_what_is_said_and_the_device_page_uses_it(
    client: Client, cast: Cast, device: Device
) -> None:
    uplinks_add(device, [(clock.now(), {"level": 7.123, "extra": 1})])
    assert names_of(device) == ["level", "extra"]
    client.force_login(cast.owner, backend=BACKEND)
    assert 'placeholder="m"' in client.get(address(device, "fields/")).content.decode()
    answer = client.post(
        address(device, "fields/"), {"f0-label_en": "River", "f0-decimals": "1", "f0-high": "5"}
    )
    assert answer.status_code == 302
    page = client.get(address(device)).content.decode()
    assert "River over time" in page
    assert "7.1" in page
    assert "Outside what is expected (at most 5.0)" in page


def test_a_fault_is_told_beside_its_field(client: Client, cast: Cast, device: Device) -> None:
    client.force_login(cast.owner, backend=BACKEND)
    answer = client.post(address(device, "fields/"), {"f0-low": "9", "f0-high": "1", "f0-decimals": "x"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_f0-high-error"' in page
    assert 'id="id_f0-decimals-error"' in page
    assert 'href="#id_f0-high"' in page


def test_a_range_in_words(device: Device) -> None:
    device.fields = {"level": {"low": -1.5}}
    assert "−1.50" in plausible_text(fields_of(device, (), "ja")[0])


def test_the_device_csv_says_what_its_people_call_a_value(client: Client, cast: Cast, device: Device) -> None:
    device_fields_save(
        device=device,
        actor=cast.owner,
        fields={"level": {"label": "川の水位", "unit": "cm"}, "extra": {"unit": "V"}},
    )
    uplinks_add(device, [(clock.now(), {"level": 7.5, "extra": 1, "odd": 2})])
    client.force_login(cast.owner, backend=BACKEND)
    for language, heading in (("", "level (川の水位 cm)"), ("/en", "level (Level cm)")):
        response = client.get(language + address(device, "data.csv").removeprefix("/en"))
        head, row = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
        assert head.split(",")[1:4] == ["extra (V)", heading, "odd"]
        assert row.split(",")[1:4] == ["1", "7.5", "2"]


def test_the_form_of_exports_names_values_as_the_device_page_does(
    client: Client, cast: Cast, device: Device
) -> None:
    """Two devices that call the same value otherwise are both heard; one that nobody names keeps its name."""
    other = DeviceFactory.create(trial=device.trial, model=device.model)
    device_fields_save(device=device, actor=cast.owner, fields={"level": {"label": "川の水位", "unit": "cm"}})
    device_fields_save(device=other, actor=cast.owner, fields={"flow": {"label": "流れ"}})
    uplinks_add(other, [(clock.now(), {"odd": 2})])
    client.force_login(cast.owner, backend=BACKEND)
    page = client.get(f"/o/{device.organization_id}/trials/{device.trial.code}/export/").content.decode()
    words = words_of_fields(Device.objects.filter(trial=device.trial), "ja")
    assert words["flow"] == "流れ (flow)"
    assert set(words["level"].removesuffix(" (level)").split(" / ")) == {"川の水位 cm", "水位 m"}
    assert words["odd"] == "odd"
    assert "流れ (flow)" in page
    assert "水位 m" in page
    assert 'value="odd"' in page


def test_what_only_a_device_describes_is_a_column_in_its_place(cast: Cast, device: Device) -> None:
    device_fields_save(device=device, actor=cast.owner, fields={"zone": {"label": "区域"}})
    assert described_fields([device.pk])[-1] == "zone"
