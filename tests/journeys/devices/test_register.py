"""An engineer registers one device by its QR code and 200 by CSV; the quota is raised between; all of them
join and send, and one moves to another trial.

As in the demo: the sample network server, its simulator, a real broker and the real ingest beside the portal.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import qrcode  # type: ignore[import-untyped]
from django.conf import settings

from apps.accounts.models import User
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device, DeviceBatch, DeviceModel, ModelProfile, Provision
from apps.network.enums import ServerKind
from apps.organizations.enums import Role
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.models import DeviceCondition, DeviceLatest, Uplink
from apps.trials.enums import Access, ParticipantRole
from apps.trials.models import Participant, Trial, TrialChange, TrialQuota
from tests.factories.devices import CodecVersionFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant
from tests.services import mosquitto

ENGINEER, STAFF = "sato@example.jp", "uketsuke@city.example.jp"
#: Of two companies: one is a partner of the first trial, one of the trial that a device moves to.
PARTNER = "niwa@example.jp"
#: A sample model that the simulator plays (fixtures/demo/devices.json).
MODEL = "WL-10 水位計"
KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
LABEL = "LW:D0:70B3D57ED0000001:70B3D57ED0990001:AABB1122:SYYWW000123"


def key(number: int) -> str:
    return f"8f3c2a1b9d4e5f60718293a4b5c6{number:04x}"


def prepared(language: str) -> Trial:
    company = OrganizationFactory.create(name="株式会社みずおと技研")
    engineer = UserFactory.create(email=ENGINEER, name="佐藤 光", language=language)
    MembershipFactory.create(organization=company, user=engineer, role=Role.ENGINEER)
    on_the_sample_server()
    User.objects.create_user(STAFF, name="高野", is_staff=True, is_superuser=True)
    trial: Trial = TrialFactory.create(organization=company, code="2026-015", title_en="Canals", devices=150)
    other = TrialFactory.create(organization=company, code="2026-021", title_en="Ponds", devices=1)
    partner = UserFactory.create(email=PARTNER, name="丹羽 空", language=language)
    for shared in (trial, other):
        member = MembershipFactory.create(
            user=partner, role=Role.VIEWER, organization__name=f"{shared.code}の仲間"
        )
        part = {"role": ParticipantRole.PARTNER, "access": Access.READ}
        Participant.objects.create(trial=shared, organization=member.organization, **part)
    return trial


def on_the_sample_server() -> None:
    """The demo's water level gauge: its codec, and the server that the simulator plays."""
    script = (settings.BASE_DIR / "fixtures" / "codecs" / "river-level.js").read_text(encoding="utf-8")
    made = CodecVersionFactory.create(script=script, model__name=MODEL, model__profile_ids=["AABB1122"])
    server = NetworkServerFactory.create(name="見本のサーバー", kind=ServerKind.SAMPLE)
    ModelProfile.objects.create(model=made.model, server=server, profile_id="sample")


def photo_of(text: str, folder: Path) -> Path:
    """A picture as a phone takes it: the code in the middle of a larger ground."""
    picture = qrcode.make(text, box_size=6, border=12)
    path = folder / "label.png"
    content = io.BytesIO()
    picture.save(content)
    path.write_bytes(content.getvalue())
    return path


def sheet(folder: Path) -> Path:
    """200 devices as Excel saves them in Japan; three lines went wrong on the way."""
    rows = ["名前,DevEUI,JoinEUI,AppKey,機種,場所"]
    rows += [f"水位-{n:03d},70B3D57ED0A7{n:04X},0,{key(n)},{MODEL},用水路{n}" for n in range(200)]
    rows[5] = rows[5].replace("70B3D57ED0A70004", "7.01358E+15")
    rows[50] = rows[50].replace(key(49), "")
    rows[120] = rows[120].replace("70B3D57ED0A70077", "70B3D57ED0A70076")
    path = folder / "devices.csv"
    path.write_bytes("\r\n".join(rows).encode("cp932"))
    return path


@pytest.mark.variants("phone-ja", "desktop-en")
def test_devices_are_registered_by_label_and_by_file_the_quota_raised_and_one_moved(
    stage: Stage, variant: Variant, tmp_path: Path
) -> None:
    trial = prepared(variant.language)
    with mosquitto() as port:
        broker = f"mqtt://127.0.0.1:{port}"
        stage.command("outbox_drain", "--forever", "--every", "0.3")
        stage.command("ingest", MACHITRY_MQTT_URL=broker)
        simulator = stage.command("simulate", "--backfill-hours", "0", MACHITRY_MQTT_URL=broker)
        engineer = stage.person("engineer", variant)
        engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/devices/new/")
        engineer.sign_in(ENGINEER)
        registers_one(engineer, tmp_path)
        sends_the_file(engineer, trial, tmp_path)
        mends_three(engineer)
        asks_for_more(engineer)
        staff = stage.person("staff", variant)
        staff.goto("/admin/")
        staff.sign_in(STAFF)
        grants(staff)
        registers_all(engineer, trial)
        sees_all_send(engineer, trial)
        simulator.terminate()
        simulator.wait()
        moved = moves_one(engineer)
        partner = stage.person("partner", variant)
        partner.goto(f"/o/{trial.organization_id}/")
        partner.sign_in(PARTNER)
        partner_sees_what_came_since(partner, moved, trial)


def registers_one(engineer: Person, folder: Path) -> None:
    """A photo of the label fills the form; name and key are typed. The key never comes back."""
    page = engineer.page
    page.locator("[data-label-camera]").click()
    engineer.see("カメラが見つかりません", "No camera was found here")
    page.locator("#label-photo").set_input_files(photo_of("https://maker.example.jp/", folder))
    engineer.see("https://maker.example.jp/", "https://maker.example.jp/")
    page.locator("#label-photo").set_input_files(photo_of(LABEL, folder))
    # Signing in left a good notice too: wait for this one's words.
    engineer.see_message("Read from the label")
    engineer.settle()
    assert page.locator("#id_dev_eui").input_value() == "70B3D57ED0990001"
    assert page.locator("#id_serial_number").input_value() == "YYWW000123"
    assert page.locator("#id_model").input_value() == str(DeviceModel.objects.get().pk)
    engineer.look("register-label")
    engineer.fill(name="WL-01", app_key="0" * 32)
    engineer.submit()
    page.locator(".error-summary").wait_for()
    assert page.locator("#id_app_key").input_value() == ""
    engineer.fill(app_key=KEY)
    engineer.submit()
    page.get_by_text("WL-01").first.wait_for()
    assert KEY not in page.content()
    assert Device.objects.get().serial_number == "YYWW000123"


def sends_the_file(engineer: Person, trial: Trial, folder: Path) -> None:
    page = engineer.page
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/devices/file/")
    engineer.look("register-file")
    with page.expect_download() as waiting:
        page.locator("a[href$='template.csv']").click()
    assert waiting.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
    page.locator("#id_file").set_input_files(sheet(folder))
    engineer.submit()
    page.wait_for_url(re.compile(r"/file/[0-9a-f-]{36}/$"))


def mends_three(engineer: Person) -> None:
    """Three lines are told with what is wrong; 197 stay. Mended in the page."""
    page = engineer.page
    assert page.locator(".mend-row").count() == 3
    engineer.look("register-faults")
    assert key(3) not in page.content()
    engineer.fill(**{"r6-dev_eui": "70-B3-D5-7E-D0-A7-00-04", "r51-app_key": key(49)})
    engineer.fill(**{"r121-dev_eui": "70B3D57ED0A70077"})
    engineer.submit()
    page.locator(".mend-row").first.wait_for(state="detached")
    assert not Device.objects.filter(name__startswith="水位").exists()


def asks_for_more(engineer: Person) -> None:
    """149 places are free and 200 are wanted: limit, use and the way out stand on the page."""
    page = engineer.page
    page.get_by_text("150").first.wait_for()
    engineer.look("register-over-quota")
    assert page.locator("form[action$='/register/']").count() == 0
    engineer.tap("main a[href*='/changes/new/']")
    engineer.fill(devices="250", reason="用水路の200か所で水位を見たいです。")
    engineer.submit()
    page.wait_for_url(re.compile(r"/changes/(#|$)"))
    assert TrialChange.objects.get().proposed == {"devices": 250}


def grants(staff: Person) -> None:
    staff.tap("main a[href*='/trials/trialchange/'][href*='/change/']")
    staff.tap("main form .button-primary")
    staff.tap("button[name=send]")
    assert TrialChange.objects.get().state == "approved"


def registers_all(engineer: Person, trial: Trial) -> None:
    """The file waited; now all 200 are registered at once."""
    page, batch = engineer.page, DeviceBatch.objects.get()
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/devices/file/{batch.pk}/")
    engineer.look("register-ready")
    engineer.tap("form[action$='/register/'] button")
    page.get_by_text("200").first.wait_for()
    engineer.look("register-done")
    assert TrialQuota.objects.get(trial=trial, kind="devices").used == 201
    assert not DeviceBatch.objects.exists()
    assert Device.objects.filter(name="水位-049", place_name="用水路49").exists()


def sees_all_send(engineer: Person, trial: Trial) -> None:
    """The 200 are brought to the server, join and send; the list says so of each."""
    stage, page = engineer.stage, engineer.page
    stage.wait("all on the server", lambda: Provision.objects.filter(state="done").count() == 201)
    stage.wait("all to send", lambda: DeviceLatest.objects.count() == 201)
    assert DeviceCondition.objects.exclude(joined_at=None).count() == 201
    assert set(Uplink.objects.values_list("decode_state", flat=True)) == {"decoded"}
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/")
    engineer.settle()
    (count,) = page.locator(".device-counts > div").all()
    assert "201" in count.inner_text()
    assert engineer.text("届いています", "Receiving") in count.inner_text()
    assert page.locator(".device-list tbody tr").count() == 50
    engineer.look("register-all-send")
    engineer.tap(".device-list a[href*='/devices/']")
    engineer.see_message("Joined the network")
    engineer.look("register-one-sends")


def moves_one(engineer: Person) -> Device:
    """The device of the page goes to the other trial; its own people still see what it sent before."""
    page = engineer.page
    engineer.tap("main a[href$='/settings/']")
    engineer.tap("main a[href$='/move/']")
    engineer.look("register-move")
    engineer.choose("trial", str(Trial.objects.get(code="2026-021").pk))
    engineer.submit()
    page.locator(".messages", has_text="2026-021").wait_for()
    assert page.locator(".numbers .value").count() >= 3
    assert page.locator(".uplink-table tbody tr").count() >= 1
    return Device.objects.get(trial__code="2026-021")


def partner_sees_what_came_since(partner: Person, device: Device, before: Trial) -> None:
    """Who takes part in the new trial sees the device without its past; in the old one it is gone."""
    page = partner.page
    old, new = (
        Participant.objects.get(trial=trial, role=ParticipantRole.PARTNER).organization_id
        for trial in (before, device.trial)
    )
    partner.goto(f"/o/{old}/trials/{before.code}/")
    partner.settle()
    assert "200" in page.locator(".device-counts").inner_text()
    gone = page.goto(partner.path(f"/o/{old}/devices/{device.pk}/"))
    assert gone is not None
    assert gone.status == 404
    partner.goto(f"/o/{new}/trials/{device.trial.code}/")
    partner.tap(f".device-list a[href$='/o/{new}/devices/{device.pk}/']")
    partner.see_message("Nothing since it was moved here")
    assert page.locator(".numbers .value, .uplink-table").count() == 0
    partner.look("register-moved")
    sends(device)
    page.reload()
    page.locator(".uplink-table").wait_for()
    assert page.locator(".uplink-table tbody tr").count() == 1
    assert "1.20" in page.locator(".numbers").first.inner_text()


def sends(device: Device) -> None:
    """One message now: 1.20 m of water, 9.0 °C, 3.6 V."""
    event = uplink_event(device, data=bytes.fromhex("0078005a0e10"))
    with CodecRunner() as runner:
        store_batch(messages=[Incoming(topic_of(device), encoded(event), clock.now())], runner=runner)
