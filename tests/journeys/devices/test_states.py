"""A wrong key: the engineer reads why in plain words, writes it again, and the device joins and sends.

The network server is the one of the tests (real gRPC, real protobuf). The sensor compares its own key with
what that server holds, as a join does, and the server tells of it in ChirpStack's events.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.core import clock
from apps.devices.domain import device_register
from apps.devices.integrations.codec import CodecRunner
from apps.devices.models import Device, ModelProfile
from apps.outbox.domain import outbox_drain
from apps.telemetry.domain import partitions
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.trials.models import Trial
from tests.cast import make_cast
from tests.factories.devices import CodecVersionFactory
from tests.factories.network import NetworkServerFactory
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant
from tests.network.fake_chirpstack import FakeChirpStack

EUI, JOIN_EUI = "70b3d57ed0060a03", "0000000000000000"
IN_THE_DEVICE, MISTYPED = "8f3c2a1b9d4e5f60718293a4b5c6d7e8", "8f3c2a1b9d4e5f60718293a4b5c6d7e9"
MIC = "MIC of join-request is invalid, make sure keys are correct"


class Sensor:
    """A device with a key of its own, and the network server it joins."""

    def __init__(self, server: FakeChirpStack) -> None:
        self.server = server

    def switch_on(self) -> None:
        outbox_drain()
        known = self.server.state.keys[EUI].nwk_key
        if known != IN_THE_DEVICE:
            tell(event("log", 0, level="ERROR", code="UPLINK_MIC", description=MIC))
            return
        # Unordered, as ChirpStack's events are: the first uplink is told before the join it followed.
        tell(event("up", 0, fCnt=0), event("join", 1, devAddr="00189440"))


def event(kind: str, seconds: float, **parts: Any) -> Incoming:
    """An event of ``seconds`` ago, with what ChirpStack puts into its kind."""
    whole = uplink_event(EUI, time=clock.now() - timedelta(seconds=seconds))
    if kind != "up":
        names = ("time", "deviceInfo") if kind == "log" else ("time", "deviceInfo", "deduplicationId")
        whole = {name: whole[name] for name in names}
    if kind == "log":
        whole["context"] = {"deduplication_id": str(uuid.uuid4())}
    return Incoming(topic_of(EUI, kind), encoded({**whole, **parts}), clock.now())


def tell(*messages: Incoming) -> None:
    partitions.forget()
    with CodecRunner() as runner:
        for message in messages:
            store_batch(messages=[message], runner=runner)


@pytest.mark.variants("phone-ja")
def test_states_a_wrong_key_is_told_and_written_again(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    with FakeChirpStack() as server:
        device = registered(trial, server)
        sensor = Sensor(server)
        engineer = stage.person("engineer", variant)
        engineer.context.add_cookies([session_of(cast.colleague, stage.url)])
        engineer.goto(device.get_absolute_url())
        engineer.see_message("Waiting for the network server")
        sensor.switch_on()
        finds_it_in_the_list(engineer, trial, device)
        writes_the_keys_again(engineer)
        engineer.see_message("Waiting for the network server")
        sensor.switch_on()
        engineer.page.reload()
        engineer.see_message("Joined the network")
        engineer.page.get_by_text("1.20").first.wait_for()
        assert engineer.page.locator(".verdict.tone-good").count() == 1
        assert engineer.page.locator("main .uplink-table tbody tr").count() == 1
        engineer.look("device-sending")


def registered(trial: Trial, server: FakeChirpStack) -> Device:
    model = CodecVersionFactory.create().model
    there = NetworkServerFactory.create(address=server.address, tenant=server.tenant)
    ModelProfile.objects.create(model=model, server=there, profile_id=server.add_profile())
    return device_register(
        trial=trial, model=model, name="WL-03", dev_eui=EUI, join_eui=JOIN_EUI, app_key=MISTYPED, actor=None
    )


def session_of(user: Any, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": url}


def finds_it_in_the_list(engineer: Person, trial: Trial, device: Device) -> None:
    engineer.goto(f"/o/{trial.organization_id}/trials/{trial.code}/")
    engineer.see_message("The keys do not match")
    engineer.look("device-list-wrong-key")
    engineer.tap(f"#devices a[href$='{device.pk}/']")
    engineer.see_message("What to do")
    engineer.see_message("Turned away: the keys do not match")
    engineer.page.locator(".device-events summary").click()
    engineer.page.get_by_text("UPLINK_MIC").wait_for()
    engineer.look("device-wrong-key")


def writes_the_keys_again(engineer: Person) -> None:
    engineer.tap("a[href$='/keys/']")
    engineer.fill(join_eui=JOIN_EUI, app_key=IN_THE_DEVICE)
    engineer.submit()
