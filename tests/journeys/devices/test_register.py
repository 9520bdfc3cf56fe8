"""An engineer registers one device by its QR code and 200 by CSV; the quota is raised between."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import qrcode  # type: ignore[import-untyped]

from apps.accounts.models import User
from apps.devices.models import Device, DeviceBatch, DeviceModel
from apps.organizations.enums import Role
from apps.trials.models import Trial, TrialChange, TrialQuota
from tests.factories.devices import DeviceModelFactory
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant

ENGINEER, STAFF = "sato@example.jp", "uketsuke@city.example.jp"
KEY = "8f3c2a1b9d4e5f60718293a4b5c6d7e8"
LABEL = "LW:D0:70B3D57ED0000001:70B3D57ED0990001:AABB1122:SYYWW000123"


def key(number: int) -> str:
    return f"8f3c2a1b9d4e5f60718293a4b5c6{number:04x}"


def prepared(language: str) -> Trial:
    company = OrganizationFactory.create(name="株式会社みずおと技研")
    engineer = UserFactory.create(email=ENGINEER, name="佐藤 光", language=language)
    MembershipFactory.create(organization=company, user=engineer, role=Role.ENGINEER)
    DeviceModelFactory.create(maker="みほん電機", name="WL-2", profile_ids=["AABB1122"])
    User.objects.create_user(STAFF, name="高野", is_staff=True, is_superuser=True)
    trial: Trial = TrialFactory.create(organization=company, code="2026-015", title_en="Canals", devices=150)
    return trial


def photo_of_the_label(folder: Path) -> Path:
    """A picture as a phone takes it: the code in the middle of a larger ground."""
    picture = qrcode.make(LABEL, box_size=6, border=12)
    path = folder / "label.png"
    content = io.BytesIO()
    picture.save(content)
    path.write_bytes(content.getvalue())
    return path


def sheet(folder: Path) -> Path:
    """200 devices as Excel saves them in Japan; three lines went wrong on the way."""
    rows = ["名前,DevEUI,JoinEUI,AppKey,機種,場所"]
    rows += [f"水位-{n:03d},70B3D57ED0A7{n:04X},0,{key(n)},WL-2,用水路{n}" for n in range(200)]
    rows[5] = rows[5].replace("70B3D57ED0A70004", "7.01358E+15")
    rows[50] = rows[50].replace(key(49), "")
    rows[120] = rows[120].replace("70B3D57ED0A70077", "70B3D57ED0A70076")
    path = folder / "devices.csv"
    path.write_bytes("\r\n".join(rows).encode("cp932"))
    return path


@pytest.mark.variants("phone-ja", "desktop-en")
def test_devices_are_registered_by_label_and_by_file_and_the_quota_raised(
    stage: Stage, variant: Variant, tmp_path: Path
) -> None:
    trial = prepared(variant.language)
    stage.command("outbox_drain", "--forever", "--every", "0.3")
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


def registers_one(engineer: Person, folder: Path) -> None:
    """A photo of the label fills the form; name and key are typed. The key never comes back."""
    page = engineer.page
    page.locator("#label-photo").set_input_files(photo_of_the_label(folder))
    page.locator(".notice-good").wait_for()
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
