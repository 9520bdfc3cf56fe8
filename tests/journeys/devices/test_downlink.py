"""A downlink: the engineer switches the warning lamp of a bridge on and sees it sent, then acknowledged.

A ChirpStack that speaks real gRPC, a real broker, the real ingest and outbox; the device is played here.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from apps.devices.models import CodecExample, Device
from apps.organizations.enums import Role
from tests.factories.devices import CodecVersionFactory, DeviceFactory, DeviceModelFactory
from tests.factories.downlinks import standing
from tests.factories.organizations import MembershipFactory, OrganizationFactory
from tests.factories.people import UserFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant
from tests.network.fake_chirpstack import FakeChirpStack
from tests.services import mosquitto, publisher

ENGINEER = "ito@bridge.example.jp"
CODEC = Path(__file__).resolve().parents[3] / "fixtures" / "codecs" / "girder-lamp.js"
FIELDS = {
    "gap": {"label": "すきま", "label_en": "Gap", "unit": "mm", "decimals": 1, "order": 0},
    "lamp": {"label": "表示灯", "label_en": "Lamp", "order": 1},
}


def lamp(fake: FakeChirpStack, language: str) -> Device:
    company = OrganizationFactory.create(name="橋守技研株式会社")
    engineer = UserFactory.create(email=ENGINEER, name="伊藤 守", language=language)
    MembershipFactory.create(organization=company, user=engineer, role=Role.ENGINEER)
    model = DeviceModelFactory.create(name="BG-3 桁端計", fields=FIELDS)
    CodecVersionFactory.create(model=model, script=CODEC.read_text(encoding="utf-8"))
    for name, state in (("点灯", "on"), ("消灯", "off"), ("点滅", "blink")):
        CodecExample.objects.create(
            model=model, name=name, direction="down", expected={"data": {"lamp": state}}
        )
    trial = TrialFactory.create(organization=company, code="2026-021", title_en="A lamp on the bridge")
    device = DeviceFactory.create(trial=trial, model=model, name="BG-01", dev_eui="02fe000000000301")
    return standing(device, fake)


class Air:
    """The device and the network server's events, over the broker."""

    def __init__(self, device: Device, port: int) -> None:
        self.device = device
        self.client = publisher(port)

    def tell(self, kind: str, **parts: Any) -> None:
        whole = uplink_event(self.device)
        if kind != "up":
            head = ("time", "deviceInfo") if kind == "txack" else ("deduplicationId", "time", "deviceInfo")
            whole = {name: whole[name] for name in head}
        self.client.publish(topic_of(self.device, kind), encoded({**whole, **parts}), qos=1).wait_for_publish(
            10
        )

    def up(self, state: int) -> None:
        payload = struct.pack(">hhBH", 424, 61, state, 3580)
        event = uplink_event(self.device, data=payload)
        self.client.publish(topic_of(self.device), json.dumps(event).encode(), qos=1).wait_for_publish(10)


@pytest.mark.variants("phone-ja", "desktop-en")
def test_downlink_switches_the_lamp_on(stage: Stage, variant: Variant) -> None:
    with FakeChirpStack() as fake, mosquitto() as port:
        device = lamp(fake, variant.language)
        stage.command("outbox_drain", "--forever", "--every", "0.3")
        stage.command("ingest", MACHITRY_MQTT_URL=f"mqtt://127.0.0.1:{port}")
        air = Air(device, port)
        engineer = stage.person("engineer", variant)
        engineer.goto(f"/o/{device.organization_id}/devices/{device.pk}/")
        engineer.sign_in(ENGINEER)
        air.up(0)
        sends(engineer)
        item = stage.wait("the item at the server", lambda: fake.state.queue)[0]
        assert (item.dev_eui, item.f_port, item.data, item.confirmed) == (device.dev_eui, 10, b"\x01", True)
        follows(engineer, air, item.id)
        sees_the_lamp(engineer, air, device)
        air.client.disconnect()
        air.client.loop_stop()


def sends(engineer: Person) -> None:
    """From the device's page: a known command, what it will send, and off it goes."""
    page = engineer.page
    engineer.tap("main a[href$='/downlinks/']")
    engineer.look("downlinks-none")
    engineer.tap("main a[href$='/downlinks/new/']")
    engineer.fill(value='{"lamp": "purple"}')
    engineer.submit()
    page.locator(".error-summary").wait_for()
    engineer.look("downlink-refused")
    page.get_by_role("link", name="点灯").click()
    engineer.settle()
    page.locator("input[name=confirmed]").check(force=True)
    engineer.look("downlink-new")
    engineer.submit()
    page.locator("button[value=send]").wait_for()
    assert page.locator("dl.summary").get_by_text("01").count()
    engineer.look("downlink-check")
    page.locator("main form button[value=send]").click()
    engineer.settle()


def follows(engineer: Person, air: Air, item: str) -> None:
    """The page asks again by itself: handed over, on the air, answered."""
    engineer.see("機器の受信待ち", "Waiting for the device")
    engineer.look("downlinks-waiting")
    air.up(0)
    air.tell("txack", queueItemId=item, fCntDown=1, gatewayId="0016c001f153a14c")
    engineer.see("送信済み", "Sent")
    air.tell("ack", queueItemId=item, acknowledged=True, fCntDown=1)
    engineer.see("返事あり", "Acknowledged")
    engineer.look("downlinks-acknowledged")


def sees_the_lamp(engineer: Person, air: Air, device: Device) -> None:
    """The next uplink tells what the lamp does."""
    air.up(1)
    page = engineer.page

    def lit() -> bool:
        engineer.goto(f"/o/{device.organization_id}/devices/{device.pk}/")
        return page.locator("main dl.numbers", has_text="on").count() > 0

    engineer.stage.wait("the lamp in the newest values", lit)
