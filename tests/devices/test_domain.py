from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection

from apps.audit.models import AuditEntry
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed, QuotaFull
from apps.devices.domain import (
    codec_publish,
    device_edit,
    device_move,
    device_register,
    device_rename,
    device_retire,
    device_set_state,
)
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.devices.rules import app_key_decrypt, app_key_encrypt
from apps.trials.models import Trial, TrialQuota
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory

APP_KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, devices=2)


def values(**changes: object) -> dict:
    return {
        "name": "WL-01",
        "dev_eui": "70B3D57ED0060001",
        "join_eui": "0000000000000000",
        "app_key": APP_KEY,
        **changes,
    }


def used(trial: Trial) -> int:
    return TrialQuota.objects.get(trial=trial, kind="devices").used


def test_a_device_is_registered_and_counted(trial: Trial, cast: Cast, settings) -> None:
    model = DeviceModelFactory.create(uplink_interval=900)
    device = device_register(trial=trial, actor=cast.colleague, model=model, **values(place_name=" 橋 "))
    device.refresh_from_db()
    assert (device.dev_eui, device.organization, device.state) == (
        "70b3d57ed0060001",
        cast.organization,
        DeviceState.ACTIVE,
    )
    assert (device.place_name, device.uplink_interval, device.registered_by) == ("橋", 900, cast.colleague)
    assert used(trial) == 1
    assert app_key_decrypt(bytes(device.app_key_encrypted), settings.DEVICE_KEY_SECRETS) == APP_KEY
    entry = AuditEntry.objects.get(action="device.register")
    assert entry.data == {"dev_eui": "70b3d57ed0060001", "trial": trial.code}


def test_identifiers_may_be_typed_as_on_the_label(trial: Trial, cast: Cast) -> None:
    device = device_register(
        trial=trial, actor=cast.owner, **values(dev_eui="７０-B3-D5-7E-D0-06-00-01", app_key=APP_KEY.upper())
    )
    assert device.dev_eui == "70b3d57ed0060001"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dev_eui", "70b3d57ed006000"),
        ("dev_eui", "0" * 16),
        ("dev_eui", ""),
        ("dev_eui", "70b3d57ed006000g"),
        ("join_eui", "1" * 17),
        ("app_key", ""),
        ("app_key", "0" * 32),
        ("app_key", APP_KEY[:-1]),
        ("name", " "),
        ("name", "長" * 81),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(trial: Trial, cast: Cast, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        device_register(trial=trial, actor=cast.owner, **values(**{field: value}))
    assert list(refusal.value.fields) == [field]
    assert used(trial) == 0


def test_all_faults_are_told_at_once(trial: Trial, cast: Cast) -> None:
    with pytest.raises(InvalidInput) as refusal:
        device_register(trial=trial, actor=cast.owner, **values(dev_eui="1", join_eui="2", app_key="3"))
    assert set(refusal.value.fields) == {"dev_eui", "join_eui", "app_key"}


def test_the_third_device_of_two_is_refused_in_words(trial: Trial, cast: Cast) -> None:
    for number in (1, 2):
        device_register(trial=trial, actor=cast.owner, **values(dev_eui=f"70b3d57ed006000{number}"))
    with pytest.raises(QuotaFull) as refusal:
        device_register(trial=trial, actor=cast.owner, **values(dev_eui="70b3d57ed0060003"))
    assert refusal.value.data == {"kind": "devices", "limit": 2, "used": 2, "free": 0}
    assert Device.objects.count() == 2


def test_a_known_deveui_is_refused_without_telling_whose_it_is(trial: Trial, cast: Cast) -> None:
    DeviceFactory.create(dev_eui="70b3d57ed0060001", trial__organization=cast.other)
    with pytest.raises(Conflict) as refusal:
        device_register(trial=trial, actor=cast.owner, **values())
    assert refusal.value.code == "dev_eui_taken"
    assert cast.other.name not in refusal.value.message
    assert used(trial) == 0


def test_a_quota_lost_between_check_and_insert_is_still_words(trial: Trial, cast: Cast, monkeypatch) -> None:
    TrialQuota.objects.filter(trial=trial, kind="devices").update(granted=0)
    monkeypatch.setattr("apps.devices.domain.device.quota_take", lambda **kwargs: None)
    with pytest.raises(QuotaFull) as refusal:
        device_register(trial=trial, actor=cast.owner, **values())
    assert refusal.value.data["limit"] == 0


def test_a_retired_deveui_can_be_registered_again(trial: Trial, cast: Cast) -> None:
    first = device_register(trial=trial, actor=cast.owner, **values())
    device_retire(device=first, actor=cast.owner)
    assert used(trial) == 0
    device_register(trial=trial, actor=cast.owner, **values())
    assert used(trial) == 1
    with pytest.raises(Conflict):
        device_set_state(device=first, state=DeviceState.ACTIVE, actor=cast.owner)


def test_pausing_keeps_the_place_in_the_quota(trial: Trial, cast: Cast) -> None:
    device = device_register(trial=trial, actor=cast.owner, **values())
    device_set_state(device=device, state=DeviceState.PAUSED, actor=cast.owner)
    assert used(trial) == 1
    resumed = device_set_state(device=device, state=DeviceState.ACTIVE, actor=cast.owner)
    assert resumed.state == DeviceState.ACTIVE
    assert AuditEntry.objects.filter(action="device.state").count() == 2


def test_an_ended_trial_takes_no_devices(trial: Trial, cast: Cast) -> None:
    Trial.objects.filter(pk=trial.pk).update(
        ends_on=clock.local_date().replace(year=2020), starts_on="2019-01-01"
    )
    trial.refresh_from_db()
    with pytest.raises(Conflict) as refusal:
        device_register(trial=trial, actor=cast.owner, **values())
    assert refusal.value.code == "trial_over"


def test_an_organization_that_takes_no_part_cannot_register(trial: Trial, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        device_register(trial=trial, actor=cast.stranger, organization=cast.other, **values())


def test_a_device_is_renamed_and_moved(trial: Trial, cast: Cast) -> None:
    device = device_register(trial=trial, actor=cast.owner, **values())
    device_rename(device=device, name="WL-02\u202e", actor=cast.owner)
    device_edit(device=device, actor=cast.owner, changes={"place_name": "橋の下", "uplink_interval": 60})
    device.refresh_from_db()
    assert (device.name, device.place_name, device.uplink_interval) == ("WL-02", "橋の下", 60)
    with pytest.raises(InvalidInput):
        device_rename(device=device, name="", actor=cast.owner)
    with pytest.raises(ValueError, match="app_key"):
        device_edit(device=device, actor=cast.owner, changes={"app_key_encrypted": b""})


def test_a_move_written_in_sql_keeps_the_stay_as_device_move_does(trial: Trial, cast: Cast) -> None:
    """Else who takes part in the other trial would see what it sent before it came."""
    device, other = DeviceFactory.create(trial=trial), TrialFactory.create(organization=cast.organization)
    before = clock.now()
    for there in (other, trial):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE devices_device SET trial_id = %s WHERE id = %s", [there.pk, device.pk])
    device = Device.objects.get(pk=device.pk)
    joined = device.joined_trial_at
    assert joined is not None
    (first, none, left), (second, came, gone) = device.earlier_trials
    assert (first, none, second, came) == (str(trial.pk), None, str(other.pk), left)
    assert before <= datetime.fromisoformat(left) < datetime.fromisoformat(gone) == joined
    assert device.sight is not None
    assert (device.sight.covers(before), device.sight.covers(joined)) == (True, True)
    assert not device.sight.covers(datetime.fromisoformat(left))
    device_move(device=device, trial=other, actor=cast.owner, now=clock.now())
    device.refresh_from_db()
    assert [place for place, _since, _until in device.earlier_trials] == [first, second, first]


def test_a_retirement_written_in_sql_is_remembered_as_device_retire_does(trial: Trial) -> None:
    """Else what it sent before would find nobody's device; and one that returns is not bound by it."""
    device, other = DeviceFactory.create(trial=trial), DeviceFactory.create(trial=trial)
    before = clock.now()

    def written(state: str) -> Device:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE devices_device SET state = %s WHERE id = %s", [state, device.pk])
        return Device.objects.get(pk=device.pk)

    assert written("paused").retired_at is None
    at = written("retired").retired_at
    assert at is not None
    assert before <= at <= clock.now()
    assert written("retired").retired_at == at
    assert written("active").retired_at is None
    # What the portal or somebody who knows better says stays.
    early = before - timedelta(days=2)
    device_set_state(device=device, state=DeviceState.RETIRED, actor=None, now=early)
    assert written("retired").retired_at == early
    assert Device.objects.get(pk=other.pk).retired_at is None


def test_an_older_secret_still_decrypts(settings) -> None:
    old, new = settings.DEVICE_KEY_SECRETS[0], "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
    assert app_key_decrypt(app_key_encrypt(APP_KEY, [old]), [new, old]) == APP_KEY


@pytest.mark.django_db
def test_a_changed_codec_is_a_new_version() -> None:
    model = DeviceModelFactory.create()
    first = codec_publish(model=model, script="function decodeUplink() {}", actor=None)
    again = codec_publish(model=model, script="function decodeUplink() {}", actor=None)
    second = codec_publish(model=model, script="function decodeUplink(input) {}", actor=None)
    assert (first.version, again.version, second.version) == (1, 1, 2)
