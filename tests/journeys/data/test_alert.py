"""An alert: made, tried on the past, switched on; a reading crosses the limit; mail and webhook arrive.
In Japanese with the keyboard alone.

All the way as it runs: the broker, the ingest, the courier and the outbox are processes of their own.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from paho.mqtt.reasoncodes import ReasonCode
from standardwebhooks import Webhook

from apps.accounts.models import User
from apps.core import clock
from apps.devices.models import Device
from apps.telemetry.domain import partitions
from apps.telemetry.domain.webhooks import webhook_create
from tests.cast import make_cast
from tests.factories.devices import CodecVersionFactory, DeviceFactory
from tests.factories.series import uplinks_add
from tests.factories.telemetry import encoded, topic_of, uplink_event
from tests.factories.trials import TrialFactory
from tests.journeys.stage import Person, Stage, Variant
from tests.journeys.typist import by_keyboard
from tests.receivers import receiver
from tests.services import mosquitto, publisher

MINUTE = timedelta(minutes=1)


def signed_in(stage: Stage, variant: Variant, user: User) -> Person:
    person = stage.person(user.name, variant)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    value = client.cookies["sessionid"].value
    person.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": stage.url}])
    return person


def sends(stage: Stage, port: int, device: Device, centimetres: int) -> None:
    """As the LoRaWAN server does: an event to the broker, until it says that somebody heard it."""
    answers: list[ReasonCode] = []
    client = publisher(port)
    client.on_publish = lambda _client, _data, _mid, reason, _properties: answers.append(reason)
    event = encoded(uplink_event(device, data=bytes([centimetres])))

    def heard() -> bool:
        client.publish(topic_of(device), event, qos=1).wait_for_publish(60)
        return bool(answers) and answers[-1].getName() == "Success"

    stage.wait("an ingest that hears", heard)
    client.disconnect()
    client.loop_stop()


@pytest.mark.variants("phone-ja")
def test_alert_from_the_rule_to_mail_and_webhook(stage: Stage, variant: Variant) -> None:
    cast = make_cast()
    trial = TrialFactory.create(organization=cast.organization, code="2026-015")
    device = DeviceFactory.create(trial=trial, name="WL-03", model=CodecVersionFactory.create().model)
    levels = [1.0, 1.7, 1.8, 1.1] * 12
    partitions.partitions_ahead()
    start = clock.now() - len(levels) * 10 * MINUTE
    uplinks_add(device, [(start + 10 * MINUTE * n, {"level": level}) for n, level in enumerate(levels)])
    with mosquitto() as port, receiver() as here:
        stage.command("ingest", "--linger", "0.01", MACHITRY_MQTT_URL=f"mqtt://127.0.0.1:{port}")
        stage.command("courier")
        engineer = by_keyboard(signed_in(stage, variant, cast.colleague))
        engineer.goto(f"/o/{cast.organization.pk}/trials/{trial.code}/")
        engineer.tap("a[href$='/alerts/']")
        makes_a_rule(engineer)
        tries_and_switches_on(engineer)
        _endpoint, secret = webhook_create(
            organization=cast.organization, actor=cast.owner, name="受け手", url=here.url, kinds=["alert"]
        )
        sends(stage, port, device, 162)
        stage.wait("the webhook", lambda: here.got)
        sends(stage, port, device, 110)
        stage.wait("the second webhook", lambda: len(here.got) == 2)
    began, ended = (Webhook(secret).verify(got.body, got.headers)["data"]["alerts"][0] for got in here.got)
    assert (began["change"], began["value"], began["device"]["name"]) == ("began", 1.62, "WL-03")
    assert (ended["change"], ended["value"], ended["id"]) == ("ended", 1.1, began["id"])
    reads_the_mail(engineer, cast.colleague)
    looks_after_it(engineer, signed_in(stage, variant, cast.reader))


def makes_a_rule(engineer: Person) -> None:
    engineer.see_message("No rule yet")
    engineer.tap("a[href$='/alerts/new/']")
    engineer.tap("a[href$='/new/threshold/']")
    engineer.fill(name="水位が高い", limit="1.5", release="1.2")
    engineer.choose("direction", "below")
    engineer.tick("by_webhook")
    engineer.submit()
    engineer.see_message("An alert below a limit ends at the limit or above it. Enter a larger number.")
    engineer.look("alert-refused")
    engineer.choose("direction", "above")
    engineer.submit()


def tries_and_switches_on(engineer: Person) -> None:
    engineer.see("試す前", "not tried")
    engineer.tap("button[name=days][value='7']")
    engineer.see("12件のアラートを知らせていました", "would have told of 12 alerts")
    assert engineer.page.locator("main table tbody tr").count() == 12
    engineer.look("alert-tried")
    engineer.tap("main form .button-primary")
    engineer.see_message("It watches")


def reads_the_mail(engineer: Person, colleague: User) -> None:
    stage = engineer.stage
    stage.outbox()
    ((subject, text),) = stage.wait("the mail", lambda: stage.mails_to(colleague.email))
    assert subject.strip() == "WL-03：水位 1.62 m（1.50 mを上回りました）"
    address = next(line.strip() for line in text.splitlines() if "/alerts/" in line)
    engineer.goto(address.removeprefix(stage.url))
    engineer.see("WL-03：水位が1.10 mに戻りました", "WL-03: level back at 1.10 m")


def looks_after_it(engineer: Person, reader: Person) -> None:
    engineer.fill(note="見に行きました")
    engineer.submit()
    engineer.look("alert")
    reader.page.goto(engineer.page.url)
    reader.page.get_by_text("見に行きました").wait_for()
    assert not reader.page.locator("main form").count()
