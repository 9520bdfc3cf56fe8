"""Labels read with the camera, one after the other: Chromium's fake camera shows codes drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import qrcode  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Playwright

from apps.accounts.models import User
from apps.devices.models import Device
from apps.trials.models import Trial
from tests.factories.devices import DeviceModelFactory
from tests.factories.organizations import MembershipFactory
from tests.factories.trials import TrialFactory
from tests.journeys.conftest import launched
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.devices.test_register import KEY, LABEL
from tests.journeys.stage import Person, Stage, Variant

SIZE = (640, 480)
MAKERS_OWN = "https://maker.example.jp/wl-10"
FOCUSED = "document.activeElement.matches('%s')"


def shows(film: Path, *texts: str) -> None:
    """Two frames of Y4M with a code for each of ``texts`` side by side, a little askew."""
    picture = Image.new("L", SIZE, 200)
    for number, text in enumerate(texts):
        code = qrcode.make(text, box_size=5, border=4).get_image().convert("L")
        code = code.rotate(7, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
        picture.paste(code, (20 + 310 * number, 90))
    colourless = bytes([128]) * (SIZE[0] * SIZE[1] // 2)
    frame = b"FRAME\n" + picture.tobytes() + colourless
    film.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % SIZE + frame * 2)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What the camera sees; written anew, it sees that from its next start on."""
    return tmp_path / "film.y4m"


@pytest.fixture
def browsers(playwright_driver: Playwright, film: Path) -> Iterator[dict[str, Browser]]:
    """Two with a camera: whose owner says no, whose owner says yes."""
    shows(film, MAKERS_OWN)
    flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    answer = "--use-fake-ui-for-media-stream"
    found = {
        "no": launched(playwright_driver, *flags, f"{answer}=deny"),
        "yes": launched(playwright_driver, *flags, answer),
    }
    yield found
    for browser in found.values():
        browser.close()


@pytest.mark.variants("phone-ja")
def test_devices_by_camera_in_a_row(
    browsers: dict[str, Browser], film: Path, stage: Stage, variant: Variant
) -> None:
    DeviceModelFactory.create(profile_ids=["AABB1122"])
    member = MembershipFactory.create()
    trial = TrialFactory.create(organization=member.organization, devices=3)
    is_refused(engineer_at(stage, variant, browsers["no"], trial, member.user))
    engineer = engineer_at(stage, variant, browsers["yes"], trial, member.user)
    sees_another_code(engineer)
    shows(film, MAKERS_OWN, LABEL)
    scans(engineer, "WL-01", "70B3D57ED0990001")
    assert engineer.page.evaluate(FOCUSED % "[data-label-camera]")
    shows(film, LABEL.replace("0990001", "0990002"))
    scans(engineer, "WL-02", "70B3D57ED0990002")
    assert Device.objects.filter(trial=trial).count() == 2


def engineer_at(stage: Stage, variant: Variant, browser: Browser, trial: Trial, user: User) -> Person:
    stage.browser = browser
    engineer = stage.person("engineer", variant)
    signed_in(engineer, user)
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/devices/new/")
    return engineer


def is_refused(engineer: Person) -> None:
    """The camera is not allowed: it says so, and the button can be pressed again."""
    engineer.tap("[data-label-camera]")
    engineer.see("カメラを使えません", "The camera is not allowed")
    assert not engineer.page.locator("video").is_visible()


def sees_another_code(engineer: Person) -> None:
    """The maker's own code is told as what it is; the camera goes on until it is stopped."""
    button, video = engineer.page.locator("[data-label-camera]"), engineer.page.locator("video")
    button.click()
    engineer.page.locator("[data-label-status]", has_text=MAKERS_OWN).wait_for()
    assert video.is_visible()
    assert engineer.page.locator("#id_qr").input_value() == ""
    engineer.look("register-camera")
    button.click()
    assert not video.is_visible()


def scans(engineer: Person, name: str, dev_eui: str) -> None:
    """One press; the form is filled, and what comes next has the focus: the name."""
    page = engineer.page
    with page.expect_navigation():
        page.keyboard.press("Enter")
    engineer.settle()
    assert page.locator("#id_dev_eui").input_value() == dev_eui
    assert page.evaluate(FOCUSED % "#id_name")
    engineer.type(name)
    engineer.write("app_key", KEY)
    engineer.look("register-scanned")
    engineer.tab_to("[name=and_next]")
    engineer.enter()
