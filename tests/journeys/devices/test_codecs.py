"""The codec workbench: a payload tried and kept as an example, a worse version refused, a better one
published, and what is stored decoded again with it; by staff, and by a company's engineer for a model of
her own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecVersion, Device, DeviceModel
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.models import Redecode, Uplink
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.organizations import MembershipFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.journeys.stage import Person, Stage, Variant

STAFF = "kato@city.example.jp"
BETTER = "function decodeUplink(i) {\n  return { data: { level: i.bytes[0] / 100, wet: i.bytes[0] > 0 } };\n}"


def stored(model: DeviceModel) -> Device:
    """A device with three uplinks, read by the first version."""
    device = DeviceFactory.create(model=model)
    sends(device)
    return device


def sends(device: Device) -> None:
    partitions.forget()
    now = clock.now()
    events = [uplink_event(device, data=b"\x78", time=now - timedelta(minutes=n)) for n in range(3)]
    with CodecRunner() as runner:
        store_batch(messages=[Incoming(topic_of(device), encoded(e), now) for e in events], runner=runner)


@pytest.mark.variants("phone-ja")
def test_codecs_are_tried_tested_published_and_decode_again(stage: Stage, variant: Variant) -> None:
    User.objects.create_user(STAFF, name="加藤", is_staff=True, is_superuser=True)
    model = CodecVersionFactory.create().model
    device = stored(model)
    stage.outbox()
    staff = stage.person("staff", variant)
    staff.goto(f"/admin/devices/devicemodel/{model.pk}/codec/")
    staff.sign_in(STAFF)
    staff.fill(payload="0x78")
    staff.tap("button[name=act][value=try]")
    staff.page.locator("pre", has_text='"level": 1.2').wait_for()
    staff.look("codec-tried")
    staff.fill(name="120 cm")
    staff.tap("button[value=keep]")
    publishes(staff, model)
    decodes_again(stage, staff)
    engineer = stage.person("engineer", variant)
    company_has_its_own(engineer, device)
    company_tries_what_came(engineer, device)


def publishes(staff: Person, model: DeviceModel) -> None:
    """A version that forgets to divide is refused; the better one is not what the example expects either."""
    staff.fill(script=BETTER.replace(" / 100", ""))
    staff.tap("button[value=publish]")
    staff.page.get_by_text("data.level").wait_for()
    staff.look("codec-refused")
    assert CodecVersion.objects.filter(model=model).count() == 1
    staff.tap("button[value=drop]")
    staff.fill(script=BETTER, payload="78", note="wet")
    staff.tap("button[value=try]")
    staff.fill(name="120 cm")
    staff.tap("button[value=keep]")
    staff.tap("button[value=publish]")
    assert CodecVersion.objects.filter(model=model).count() == 2
    staff.look("codec-published")


def decodes_again(stage: Stage, staff: Person) -> None:
    staff.tap("a[href*='/telemetry/redecode/add/']")
    staff.tap("button[value=count]")
    staff.look("redecode-add")
    staff.tap("button[value=start]")
    stage.wait("its end", lambda: Redecode.objects.filter(state="done").exists())
    staff.see("終わりました", "done")
    staff.look("redecode-done")
    values = list(Uplink.objects.values_list("values", flat=True))
    assert values == [{"level": 1.2, "wet": True}] * 3


def company_has_its_own(engineer: Person, device: Device) -> None:
    """The device's own people describe a model of their own, on the city's, and give it to the device."""
    member = MembershipFactory.create(organization=device.organization, role="engineer").user
    engineer.goto(f"/o/{device.organization_id}/models/")
    engineer.sign_in(member.email)
    engineer.look("own-models-none")
    engineer.tap("a[href$='/models/new/']")
    engineer.page.locator("select[name=base]").select_option(str(device.model_id))
    engineer.fill(maker="自社", name="浮き 1")
    engineer.look("own-model-new")
    engineer.submit()
    engineer.look("own-model-made")
    engineer.goto(f"/o/{device.organization_id}/devices/{device.pk}/settings/")
    own = DeviceModel.objects.get(organization=device.organization)
    engineer.page.locator("select[name=model]").select_option(str(own.pk))
    engineer.submit()


def company_tries_what_came(engineer: Person, device: Device) -> None:
    """A stored message is tried with one press, the codec published, the values named; the next are read."""
    own = DeviceModel.objects.get(organization=device.organization)
    engineer.goto(f"/o/{device.organization_id}/models/{own.pk}/")
    engineer.fill(script=BETTER.replace("level", "stage"))
    engineer.tap("button[name=frame]")
    engineer.page.locator("pre", has_text='"stage": 1.2').wait_for()
    engineer.look("own-model-tried")
    engineer.fill(name="120 cm")
    engineer.tap("button[value=keep]")
    engineer.tap("button[value=publish]")
    engineer.look("own-model-published")
    engineer.tap("a[href$='/values/']")
    engineer.fill(
        **{"v0-name": "stage", "v0-label": "柵の前の水位", "v0-label_en": "Level at the rack", "v0-unit": "m"}
    )
    engineer.look("own-model-values")
    engineer.submit()
    sends(device)
    engineer.goto(f"/o/{device.organization_id}/devices/{device.pk}/")
    label = "柵の前の水位" if engineer.variant.language == "ja" else "Level at the rack"
    engineer.page.get_by_text(label).first.wait_for()
    engineer.goto(f"/o/{device.organization_id}/models/")
    engineer.look("own-models")
