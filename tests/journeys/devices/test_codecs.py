"""The codec workbench: a payload tried and kept as an example, a worse version refused, a better one
published, and what is stored decoded again with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.core import clock
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import CodecVersion, DeviceModel
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.models import Redecode, Uplink
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.journeys.stage import Person, Stage, Variant

STAFF = "kato@city.example.jp"
BETTER = "function decodeUplink(i) {\n  return { data: { level: i.bytes[0] / 100, wet: i.bytes[0] > 0 } };\n}"


def stored(model: DeviceModel) -> None:
    """Three uplinks, read by the first version."""
    partitions.forget()
    device, now = DeviceFactory.create(model=model), clock.now()
    events = [uplink_event(device, data=b"\x78", time=now - timedelta(minutes=n)) for n in range(3)]
    with CodecRunner() as runner:
        store_batch(messages=[Incoming(topic_of(device), encoded(e), now) for e in events], runner=runner)


@pytest.mark.variants("phone-ja")
def test_codecs_are_tried_tested_published_and_decode_again(stage: Stage, variant: Variant) -> None:
    User.objects.create_user(STAFF, name="加藤", is_staff=True, is_superuser=True)
    model = CodecVersionFactory.create().model
    stored(model)
    stage.command("outbox_drain", "--forever", "--every", "0.3")
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
