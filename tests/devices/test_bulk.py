"""Many devices by a file: all of them or none, and keys that never come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotFound, QuotaFull
from apps.devices.domain import batch_make, batch_mend, batch_register, batches_clean_up
from apps.devices.models import Device, DeviceBatch
from apps.devices.rules import app_key_decrypt
from apps.devices.selectors.batch import access_batch, checked_batch
from apps.trials.models import Trial, TrialQuota
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory

HEAD = "名前,DevEUI,JoinEUI,AppKey,NwkKey,機種,緯度,経度"


def key(number: int) -> str:
    return f"8f3c2a1b9d4e5f60718293a4b5c6{number:04x}"


def line(number: int, **changes: str) -> str:
    values = {
        "name": f"W-{number}",
        "eui": f"70B3D57ED007{number:04X}",
        "join": "0",
        "key": key(number),
        "nwk": "",
        "model": "",
        "lat": "",
        "lon": "",
        **changes,
    }
    return ",".join(values.values())


def sheet(*lines: str) -> bytes:
    return "\r\n".join([HEAD, *lines]).encode("cp932")


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, devices=5)


def sent(trial: Trial, cast: Cast, *lines: str) -> DeviceBatch:
    return batch_make(trial=trial, organization=cast.organization, actor=cast.owner, content=sheet(*lines))


def test_bulk_registers_all_with_keys_models_and_places(trial: Trial, cast: Cast, settings) -> None:
    model = DeviceModelFactory.create(maker="みほん電機", name="WL-2", uplink_interval=300)
    batch = sent(trial, cast, line(1, model="ＷＬ２", lat="36.7", lon="137.2"), line(2))
    checked = checked_batch(batch)
    assert (checked.is_ready, checked.wanted, checked.limit, checked.used) == (True, 2, 5, 0)
    batch_register(batch=batch, actor=cast.owner)
    first, second = Device.objects.order_by("dev_eui")
    assert (first.name, first.model, first.uplink_interval) == ("W-1", model, 300)
    assert first.place is not None
    assert first.place.coords == (137.2, 36.7)
    assert (second.join_eui, second.model) == ("0" * 16, None)
    assert app_key_decrypt(bytes(second.app_key_encrypted), settings.DEVICE_KEY_SECRETS) == key(2)
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 2
    assert AuditEntry.objects.get(action="device.import").data == {"trial": trial.code, "count": 2}
    assert AuditEntry.objects.filter(action="device.register").count() == 2
    assert not DeviceBatch.objects.exists()
    with pytest.raises(Conflict):
        batch_register(batch=batch, actor=cast.owner)


def test_bulk_is_kept_only_encrypted_and_for_an_hour(trial: Trial, cast: Cast) -> None:
    batch = sent(trial, cast, line(1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM devices_devicebatch")
        sealed = bytes(cursor.fetchone()[0])
    assert key(1).encode() not in sealed
    assert b"W-1" not in sealed
    args: dict[str, Any] = {"trial": trial, "organization": cast.organization, "pk": batch.pk}
    assert access_batch(actor=cast.owner, **args) == batch
    for other in (cast.colleague, cast.stranger, cast.staff):
        with pytest.raises(NotFound):
            access_batch(actor=other, **args)
    DeviceBatch.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        access_batch(actor=cast.owner, **args)
    assert batches_clean_up() == 1


def test_bulk_answers_every_row(trial: Trial, cast: Cast) -> None:
    DeviceFactory.create(dev_eui="70b3d57ed0070001", trial__organization=cast.other, model=None)
    DeviceFactory.create(dev_eui="70b3d57ed0070002", trial=trial, name="前からある", model=None)
    DeviceModelFactory.create(maker="みほん電機", name="WL-2")
    DeviceModelFactory.create(maker="みほん電機", name="N11", lorawan_version="1.1")
    batch = sent(
        trial,
        cast,
        line(1),
        line(2),
        line(3),
        line(3, name="ふたつめ"),
        line(4, eui="7.0B3E+15", key="0" * 32),
        line(5, eui="1.23E+15", key="1.2E+31"),
        line(6, model="みほん電機 WL-3"),
        line(7, model="N11"),
        line(8, model="WL-2", nwk=key(99)),
        line(9, name="", lat="36"),
        line(10) + ",,ここ",
        line(11, key="70B3D57ED007000B" * 2),
    )
    found = {row.line: row.faults for row in checked_batch(batch).rows}
    assert [list(faults) for faults in found.values()] == [
        ["dev_eui"],
        ["dev_eui"],
        [],
        ["dev_eui"],
        ["dev_eui", "app_key"],
        ["dev_eui", "app_key"],
        ["model"],
        ["nwk_key"],
        ["nwk_key"],
        ["name", "longitude"],
        ["extra"],
        ["app_key"],
    ]
    assert cast.other.name not in str(found[2])
    assert "前からある" in found[3]["dev_eui"][0]
    assert "4" in found[5]["dev_eui"][0]
    assert "みほん電機 WL-2" in found[8]["model"][1]
    with pytest.raises(QuotaFull):
        batch_register(batch=batch, actor=cast.owner)
    assert Device.objects.count() == 2


def test_bulk_rows_are_mended_and_the_good_ones_kept(trial: Trial, cast: Cast) -> None:
    batch = sent(trial, cast, line(1, eui="1"), line(2, key=""), line(3), line(3))
    with pytest.raises(InvalidInput) as refusal:
        batch_register(batch=batch, actor=cast.owner)
    assert sorted(refusal.value.fields) == ["2/dev_eui", "3/app_key", "5/dev_eui"]
    assert not Device.objects.exists()
    mends = {2: {"dev_eui": "70-B3-D5-7E-D0-07-00-01", "app_key": ""}, 3: {"app_key": key(2)}}
    batch = batch_mend(batch=batch, mends=mends, left_out=[5])
    assert checked_batch(batch).is_ready
    devices = batch_register(batch=batch, actor=cast.owner)
    assert [device.name for device in devices] == ["W-1", "W-2", "W-3"]


def test_bulk_registers_what_a_second_window_mended(trial: Trial, cast: Cast) -> None:
    """Not the lines that this one read before."""
    read_before = sent(trial, cast, line(1), line(2))
    batch_mend(batch=read_before, mends={2: {"name": "堰"}}, left_out=[3])
    assert [device.name for device in batch_register(batch=read_before, actor=cast.owner)] == ["堰"]


def test_bulk_over_the_quota_registers_nothing(trial: Trial, cast: Cast) -> None:
    DeviceFactory.create(trial=trial)
    batch = sent(trial, cast, *[line(number) for number in range(1, 6)])
    checked = checked_batch(batch)
    assert (checked.limit, checked.used, checked.wanted, checked.surplus) == (5, 1, 5, 1)
    with pytest.raises(QuotaFull) as refusal:
        batch_register(batch=batch, actor=cast.owner)
    assert refusal.value.data == {"kind": "devices", "limit": 5, "used": 1, "free": 4}
    assert Device.objects.count() == 1


def test_bulk_meets_a_device_registered_meanwhile_in_words(trial: Trial, cast: Cast, monkeypatch) -> None:
    batch = sent(trial, cast, line(1), line(2))
    DeviceFactory.create(dev_eui="70b3d57ed0070002", trial__organization=cast.other)
    monkeypatch.setattr("apps.devices.selectors.batch._against_the_city", lambda *args: None)
    with pytest.raises(Conflict) as refusal:
        batch_register(batch=batch, actor=cast.owner)
    assert refusal.value.code == "dev_eui_taken"
    assert refusal.value.__cause__ is None
    assert not isinstance(refusal.value.__context__, IntegrityError)
    assert Device.objects.count() == 1


def test_bulk_takes_500_in_one_go_and_no_501(cast: Cast) -> None:
    trial = TrialFactory.create(organization=cast.organization, devices=500)
    with pytest.raises(InvalidInput) as refusal:
        sent(trial, cast, *[line(number) for number in range(501)])
    assert "501" in refusal.value.fields["file"][0]
    batch = sent(trial, cast, *[line(number) for number in range(500)])
    batch_register(batch=batch, actor=cast.owner)
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 500
