"""Devices and the network with the keyboard alone: after the first address nothing but ``page.keyboard``."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.gis.geos import Point

from apps.accounts.models import User
from apps.core import clock
from apps.devices.models import CodecExample, CodecVersion, Device, DeviceModel, Downlink, Drift
from apps.telemetry.models import DeadLetter
from tests.factories.coverage import GatewayDayFactory
from tests.factories.devices import CodecVersionFactory
from tests.factories.network import GatewayFactory
from tests.factories.provisioning import DriftFactory
from tests.journeys.data.test_docs_key import signed_in
from tests.journeys.devices.test_downlink import ENGINEER, lamp
from tests.journeys.devices.test_register import KEY, LABEL
from tests.journeys.stage import Person, Stage, Variant
from tests.network.fake_chirpstack import FakeChirpStack

HALL = Point(137.2137, 36.6959)
#: What has the focus shows it: an outline of its own, or of the frame it stands in, inside the window.
SHOWN = """() => {
  const it = document.activeElement, at = it.getBoundingClientRect();
  const drawn = one => parseFloat(getComputedStyle(one).outlineWidth) > 0
    && getComputedStyle(one).outlineStyle !== 'none';
  return it !== document.body && (drawn(it) || drawn(it.parentElement)) && at.width * at.height > 0
    && at.bottom > 0 && at.top < innerHeight && at.left < innerWidth;
}"""


def go(person: Person, selector: str) -> None:
    """Tab to ``selector`` and see that it has the focus."""
    person.tab_to(selector)
    assert person.page.evaluate(SHOWN), f"the focus on {selector} cannot be seen at {person.page.url}"


def follow(person: Person, selector: str) -> None:
    """Tab to a link or button, press Enter, wait for the page."""
    go(person, selector)
    person.enter()


@pytest.mark.variants("desktop-ja")
def test_devices_by_keyboard(stage: Stage, variant: Variant, tmp_path: Path) -> None:
    with FakeChirpStack() as fake:
        device = lamp(fake, variant.language)
        engineer = stage.person("engineer", variant)
        signed_in(engineer, User.objects.get(email=ENGINEER))
        engineer.goto(f"/o/{device.organization_id}/trials/{device.trial.code}/")
        engineer.settle()
        registers_by_text(engineer)
        engineer.settle()
        sends_a_file(engineer, tmp_path)
        queues(engineer, device)
        makes_a_model(engineer, device)
        names_its_values_and_removes_it(engineer)


def registers_by_text(engineer: Person) -> None:
    """The text of the label fills the form; the focus goes to the name, then name and key are typed."""
    follow(engineer, "main a[href$='/devices/new/']")
    go(engineer, "#id_qr")
    engineer.type(LABEL.replace("LW:", "XX:"))
    engineer.enter()
    assert engineer.page.evaluate("document.activeElement.matches('.error-summary')")
    go(engineer, "#id_qr")
    engineer.press("ControlOrMeta+A")
    engineer.type(LABEL)
    engineer.enter()
    assert engineer.page.evaluate("document.activeElement.id") == "id_name"
    engineer.type("WL-01")
    engineer.write("app_key", KEY)
    follow(engineer, "main .button-primary")
    assert Device.objects.get(name="WL-01").dev_eui == "70b3d57ed0990001"


def sends_a_file(engineer: Person, folder: Path) -> None:
    """Two lines, one of them wrong: mended in its place, then both registered."""
    page, path = engineer.page, folder / "devices.csv"
    lines = ("名前,DevEUI,JoinEUI,AppKey", f"A,70B3D57ED0A70001,0,{KEY}", f"B,70B3D57ED0A700,0,{KEY}")
    path.write_text("\r\n".join(lines), encoding="utf-8")
    follow(engineer, "main a[href$='/devices/file/']")
    go(engineer, "#id_file")
    with page.expect_file_chooser() as chooser:
        engineer.press("Space")
    chooser.value.set_files(path)
    follow(engineer, "main form .button-primary")
    go(engineer, "#id_r3-dev_eui")
    engineer.press("ControlOrMeta+A")
    engineer.type("70B3D57ED0A70002")
    follow(engineer, "main form .button-primary")
    follow(engineer, "main form[action$='/register/'] button")
    assert Device.objects.filter(name__in="AB").count() == 2


def queues(engineer: Person, device: Device) -> None:
    """From the list of devices to the command, looked at and sent."""
    follow(engineer, f"main a[href$='/devices/{device.pk}/']")
    follow(engineer, "main a[href$='/downlinks/']")
    follow(engineer, "main a[href$='/downlinks/new/']")
    follow(engineer, f"main a[href='?example={CodecExample.objects.get(name='点灯').pk}']")
    follow(engineer, "main form .button-primary")
    follow(engineer, "main form button[value=send]")
    assert Downlink.objects.get().state == "queued"


def makes_a_model(engineer: Person, device: Device) -> None:
    """A model of the company's own: what it stands on, its codec, a payload, an example, a version."""
    engineer.goto(f"/o/{device.organization_id}/models/")
    follow(engineer, "main a[href$='/models/new/']")
    go(engineer, "select[name=base]")
    engineer.press("ArrowDown")
    engineer.write("maker", "自社")
    engineer.write("name", "浮き 1")
    follow(engineer, "main form .button-primary")
    go(engineer, "#id_script")
    engineer.press("ControlOrMeta+A")
    engineer.type("function decodeUplink(i) { return { data: { stage: i.bytes[0] / 100 } }; }")
    engineer.write("payload", "78")
    follow(engineer, "main button[value=try]")
    engineer.page.locator("pre", has_text='"stage": 1.2').wait_for()
    engineer.write("name", "120 cm")
    follow(engineer, "main button[value=keep]")
    follow(engineer, "main button[value=examples]")
    go(engineer, "main button[value=drop]")
    follow(engineer, "main button[value=publish]")
    assert CodecVersion.objects.get(model__organization=device.organization).version == 1


def names_its_values_and_removes_it(engineer: Person) -> None:
    follow(engineer, "main a[href$='/values/']")
    engineer.write("v0-name", "stage")
    engineer.write("v0-label", "柵の前の水位")
    follow(engineer, "main form .button-primary")
    own = DeviceModel.objects.get(organization__isnull=False)
    assert own.fields["stage"]["label"] == "柵の前の水位"
    follow(engineer, "main a[href$='/edit/']")
    follow(engineer, "main a[href$='/remove/']")
    follow(engineer, "main button.button-danger-filled")
    assert not DeviceModel.objects.filter(pk=own.pk).exists()


@pytest.mark.variants("phone-ja", device="phone")
def test_network_and_codecs_by_keyboard(stage: Stage, variant: Variant) -> None:
    """On a narrow window, where the lists of the admin are cards."""
    gateway = GatewayFactory.create(name="本庁舎", place=HALL, last_seen_at=clock.now())
    GatewayDayFactory.create(gateway_id=gateway.gateway_id, uplinks=12, hours=0xFFF)
    model = CodecVersionFactory.create().model
    drift = DriftFactory.create()
    for number in range(2):
        DeadLetter.objects.create(
            reason="malformed", payload=b"{", payload_hash=f"{number:064x}", received_at=clock.now()
        )
    staff = stage.person("staff", variant)
    signed_in(staff, User.objects.create_user("s@city.example.jp", is_staff=True, is_superuser=True))
    staff.goto("/admin/")
    sees_the_gateways(staff)
    mends(staff, drift)
    orders_and_chooses(staff)
    tries_a_codec(staff, f"/devicemodel/{model.pk}/")


def menu(staff: Person, path: str) -> None:
    """The menu of the admin is folded on a narrow window."""
    go(staff, "[data-menu-button]")
    staff.press("Enter")
    follow(staff, f"#admin-nav a[href$='{path}']")


def sees_the_gateways(staff: Person) -> None:
    menu(staff, "/network/gateway/")
    staff.look("admin-gateways")
    follow(staff, "main a[href$='/map/']")
    go(staff, "#network-state")
    staff.press("ArrowDown")
    follow(staff, "form[role=search] button")
    assert "state=" in staff.page.url
    go(staff, "main tbody a")
    go(staff, "#network-map .marker")


def mends(staff: Person, drift: Drift) -> None:
    menu(staff, "/devices/drift/")
    follow(staff, "main button[value=mend]")
    drift.refresh_from_db()
    assert drift.closed_at


def orders_and_chooses(staff: Person) -> None:
    """Cards are ordered by their own list, all of them chosen with one key, and an act started."""
    menu(staff, "/telemetry/deadletter/")
    narrows_down(staff)
    go(staff, ".cards-sort summary")
    staff.press("Enter")
    follow(staff, ".cards-sort a[href*='o=3']")
    staff.look("admin-dead-letters")
    go(staff, "select[name=action]")
    staff.press("ArrowDown")
    go(staff, "#action-toggle")
    staff.press("Space")
    assert staff.page.locator(".action-select:checked").count() == 2
    while not staff.page.evaluate("document.activeElement.name === 'index'"):
        staff.press("Shift+Tab")
    staff.enter()
    staff.page.locator(".messages").wait_for()


def narrows_down(staff: Person) -> None:
    """The folded filters: opened, one chosen that nothing fits, and back to everything."""
    go(staff, ".cards-filter summary")
    staff.press("Enter")
    follow(staff, ".cards-filter a[href*='state__exact=discarded']")
    assert staff.page.locator("#result_list").count() == 0
    staff.look("admin-nothing-fits")
    follow(staff, "#changelist .empty a")
    assert staff.page.locator("#result_list tbody tr").count() == 2


def tries_a_codec(staff: Person, path: str) -> None:
    menu(staff, "/devices/devicemodel/")
    follow(staff, f"#result_list a[href*='{path}']")
    follow(staff, "main a[href$='/codec/']")
    staff.write("payload", "0x78")
    follow(staff, "button[value=try]")
    staff.page.locator("pre", has_text='"level": 1.2').wait_for()
