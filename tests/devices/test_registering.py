"""Registering by pages: labels, files, moves, other hardware and other keys; keys that never come back."""

from __future__ import annotations

import io
import logging

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.core.errors import Conflict, InvalidInput, QuotaFull
from apps.devices.domain import Keys, device_edit, device_move, device_rekey, device_replace, device_retire
from apps.devices.domain import device_unretire as bring_back
from apps.devices.enums import DeviceState
from apps.devices.models import Device, DeviceBatch
from apps.devices.rules import app_key_decrypt
from apps.trials.models import Trial, TrialQuota
from tests.cast import Cast
from tests.factories.devices import DeviceFactory, DeviceModelFactory
from tests.factories.trials import TrialFactory
from tests.traces import everything_stored

KEY, NWK = "8f3c2a1b9d4e5f60718293a4b5c6d7e8", "1f3c2a1b9d4e5f60718293a4b5c6d7e9"
LABEL = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:S77"


@pytest.fixture
def trial(cast: Cast) -> Trial:
    return TrialFactory.create(organization=cast.organization, code="2025-101", devices=2)


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.owner)
    return client


def at(name: str, trial: Trial, *more: object) -> str:
    return reverse(f"devices:{name}", args=[trial.organization_id, trial.code, *more])


def of(name: str, device: Device) -> str:
    return reverse(f"devices:{name}", args=[device.organization_id, device.pk])


def used(trial: Trial) -> int:
    return TrialQuota.objects.get(trial=trial, kind="devices").used


def test_label_fills_the_form_and_keeps_what_was_typed(client: Client, trial: Trial) -> None:
    model = DeviceModelFactory.create(profile_ids=["AABB1122"])
    url = at("device-new", trial)
    answer = client.post(url, {"read_qr": "1", "qr": LABEL, "name": "橋", "app_key": KEY})
    shown = answer.context["form"]
    assert (shown["dev_eui"].value(), shown["model"].value()) == ("AABBCCDDEEFF0011", str(model.pk))
    assert (shown["name"].value(), shown["serial_number"].value()) == ("橋", "77")
    assert KEY not in answer.content.decode()
    assert "camera=(self)" in answer["Permissions-Policy"]
    assert "camera=()" in client.get(at("batch-new", trial))["Permissions-Policy"]
    wrong = client.post(url, {"read_qr": "1", "qr": "LW:D0:1", "name": "橋"})
    assert (wrong.status_code, list(wrong.context["label_form"].errors)) == (422, ["qr"])
    # Enter in the last field presses the first button: what is complete is registered.
    data = {"read_qr": "1", "qr": LABEL, "name": "橋", "dev_eui": "AABBCCDDEEFF0011", "app_key": KEY}
    done = client.post(url, {**data, "join_eui": "0" * 16, "and_next": "1"})
    assert (done.status_code, done["Location"]) == (302, f"{url}?next=1")
    assert Device.objects.get().dev_eui == "aabbccddeeff0011"
    # The next one: a hand scanner types into the field that has the focus.
    assert client.get(done["Location"]).context["label_form"]["qr"].field.widget.attrs["autofocus"]


def test_model_of_1_1_asks_for_the_second_key(client: Client, trial: Trial, settings) -> None:
    model = DeviceModelFactory.create(lorawan_version="1.1")
    data = {"name": "W", "dev_eui": "70b3d57ed0060001", "join_eui": "0" * 16, "app_key": KEY}
    answer = client.post(at("device-new", trial), {**data, "model": str(model.pk)})
    assert list(answer.context["form"].errors) == ["nwk_key"]
    assert "data-two-keys-box open" in answer.content.decode()
    client.post(at("device-new", trial), {**data, "model": str(model.pk), "nwk_key": NWK})
    device = Device.objects.get()
    kept = [bytes(device.app_key_encrypted), bytes(device.nwk_key_encrypted or b"")]
    assert [app_key_decrypt(part, settings.DEVICE_KEY_SECRETS) for part in kept] == [KEY, NWK]


def test_file_template_is_taken_by_excel_and_registers_nothing(client: Client, trial: Trial) -> None:
    content = client.get(at("batch-template", trial)).content
    assert content.startswith(b"\xef\xbb\xbf")
    answer = client.post(at("batch-new", trial), {"file": SimpleUploadedFile("t.csv", content)})
    assert answer.status_code == 422  # the sample line alone is no device


def test_keys_of_a_file_come_back_nowhere(client: Client, trial: Trial) -> None:
    lines = [
        "name,DevEUI,JoinEUI,AppKey,NwkKey",
        f"A,70b3d57ed0060001,0,{KEY},",
        f"B,70b3d57ed006000,0,{NWK},",
        f"C,70b3d57ed0060003,0,{KEY}0,{NWK}",
    ]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        file = SimpleUploadedFile("d.csv", "\n".join(lines).encode())
        sent = client.post(at("batch-new", trial), {"file": file}, follow=True)
        batch = DeviceBatch.objects.get()
        check = at("batch-check", trial, batch.pk)
        mend = {"r3-dev_eui": "70b3d57ed0060002", "r4-app_key": f"{NWK}1"}
        seen = [sent, client.post(check, mend, follow=True)]
        seen.append(client.post(at("batch-run", trial, batch.pk), follow=True))
        seen.append(client.post(check, {"r4-leave": "on"}, follow=True))
        seen.append(client.post(at("batch-run", trial, batch.pk), follow=True))
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    assert [device.name for device in Device.objects.order_by("name")] == ["A", "B"]
    assert used(trial) == 2
    stored = everything_stored()
    assert "70b3d57ed0060002" in stored
    for text in [stored, stream.getvalue(), *(answer.content.decode() for answer in seen)]:
        for key in (KEY, NWK):
            assert key not in text.lower()
            # Kept as bytes it would be shown as hexadecimal.
            assert key.encode().hex() not in text
        assert NWK not in text.lower()


def test_file_that_is_none_is_told_at_its_field(client: Client, trial: Trial) -> None:
    for content in (b"", b"PK\x03\x04", b"a,b\n1,2", b"x" * 600_000):
        answer = client.post(at("batch-new", trial), {"file": SimpleUploadedFile("d.csv", content)})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["file"])
    assert not DeviceBatch.objects.exists()


def test_move_changes_both_quotas_or_none(client: Client, trial: Trial, cast: Cast) -> None:
    other = TrialFactory.create(organization=cast.organization, code="2025-102", devices=1)
    first, second = DeviceFactory.create_batch(2, trial=trial)
    assert client.post(of("device-move", first), {"trial": str(other.pk)}).status_code == 302
    answer = client.post(of("device-move", second), {"trial": str(other.pk)})
    assert answer.status_code == 409
    assert (used(trial), used(other)) == (1, 1)
    theirs = TrialFactory.create(organization=cast.other)
    assert client.post(of("device-move", second), {"trial": str(theirs.pk)}).status_code == 422
    with pytest.raises(QuotaFull):
        device_move(device=second, trial=other, actor=cast.owner)


def test_other_hardware_takes_the_place_when_the_quota_is_full(
    client: Client, trial: Trial, cast: Cast
) -> None:
    old, _other = DeviceFactory.create_batch(2, trial=trial)
    read = client.post(of("device-replace", old), {"read_qr": "1", "qr": LABEL})
    assert read.context["form"]["dev_eui"].value() == "AABBCCDDEEFF0011"
    assert read.context["form"]["app_key"].field.widget.attrs["autofocus"]
    assert "camera=(self)" in read["Permissions-Policy"]
    assert client.post(of("device-replace", old), {"read_qr": "1", "qr": "LW:D0:1"}).status_code == 422
    data = {"dev_eui": "70b3d57ed0990001", "join_eui": "0" * 16, "app_key": KEY}
    assert client.post(of("device-replace", old), data).status_code == 302
    new = Device.objects.get(replaces=old)
    old.refresh_from_db()
    assert (new.name, new.model, old.state, used(trial)) == (old.name, old.model, DeviceState.RETIRED, 2)
    assert old.dev_eui in client.get(of("device-settings", new)).content.decode()
    with pytest.raises(Conflict):
        device_replace(device=old, actor=cast.owner, keys=Keys("70b3d57ed0990002", "0" * 16, KEY))
    taken = Keys(_other.dev_eui, "0" * 16, KEY)
    with pytest.raises(Conflict) as refusal:
        device_replace(device=new, actor=cast.owner, keys=taken)
    assert refusal.value.code == "dev_eui_taken"
    new.refresh_from_db()
    assert new.state == DeviceState.ACTIVE


def test_a_retired_device_comes_back_only_when_a_place_is_free(
    client: Client, trial: Trial, cast: Cast
) -> None:
    device = DeviceFactory.create(trial=trial)
    device_retire(device=device, actor=cast.owner)
    DeviceFactory.create_batch(2, trial=trial)
    with pytest.raises(QuotaFull):
        bring_back(device=device, actor=cast.owner)
    page = client.get(of("device-unretire", device)).content.decode()
    assert "/changes/new/#id_devices" in page
    TrialQuota.objects.filter(trial=trial, kind="devices").update(granted=3)
    assert client.post(of("device-unretire", device)).status_code == 302
    device.refresh_from_db()
    assert (device.state, used(trial)) == (DeviceState.ACTIVE, 3)


def test_new_keys_take_the_place_of_the_old(client: Client, trial: Trial, cast: Cast, settings) -> None:
    device = DeviceFactory.create(trial=trial)
    data = {"join_eui": "1" * 16, "app_key": NWK}
    assert client.post(of("device-keys", device), {**data, "app_key": "F" * 32}).status_code == 422
    assert client.post(of("device-keys", device), data).status_code == 302
    device.refresh_from_db()
    kept = app_key_decrypt(bytes(device.app_key_encrypted), settings.DEVICE_KEY_SECRETS)
    assert (kept, device.join_eui) == (NWK, "1" * 16)
    newer = DeviceModelFactory.create(lorawan_version="1.1")
    with pytest.raises(InvalidInput):
        device_edit(device=device, actor=cast.owner, changes={"model": newer})
    device = device_rekey(device=device, actor=cast.owner, join_eui="0" * 16, app_key=KEY, nwk_key=NWK)
    assert device_edit(device=device, actor=cast.owner, changes={"model": newer}).model == newer
