"""Webhooks with a little of their past. The first goes to the demo's own receiver and is told live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from apps.devices.models import Device
from apps.portal.management.demo.fixture import Fixture
from apps.telemetry.domain.delivering import Delivered, Delivery, deliveries_record
from apps.telemetry.domain.telling import message_of
from apps.telemetry.domain.webhooks import webhook_create
from apps.telemetry.enums import NewsKind
from apps.telemetry.integrations.web import Answer
from apps.telemetry.models import WebhookEndpoint
from apps.telemetry.rules.webhook_body import body_of


def load_webhooks(fixture: Fixture) -> int:
    """A webhook of that name that is there already is left alone. Nobody ever sees their secrets."""
    return sum(_webhook(fixture, row) for row in fixture.read("webhooks"))


def _webhook(fixture: Fixture, row: dict[str, Any]) -> int:
    owner = fixture.organizations.get(row["organization"])
    if owner is None or WebhookEndpoint.objects.filter(organization=owner, name=row["name"]).exists():
        return 0
    url = row["url"] if "://" in row["url"] else settings.BASE_URL + row["url"]
    endpoint, _secret = webhook_create(
        organization=owner,
        actor=fixture.people[row["by"]],
        name=row["name"],
        url=url,
        kinds=row["kinds"],
        now=fixture.moment(row["made"]),
    )
    for past in row["past"]:
        _told(fixture, endpoint, past)
    return 1


def _told(fixture: Fixture, endpoint: WebhookEndpoint, past: dict[str, Any]) -> None:
    """A message as it was made then, and the answers it got one after the other."""
    at = fixture.moment(past["at"])
    device = Device.objects.select_related("trial").get(dev_eui=past["device"])
    kind = NewsKind.EVENT if "event" in past else NewsKind.UPLINK
    what = {"kind": past["event"]} if "event" in past else {"values": past["values"]}
    named = {"id": device.pk, "dev_eui": device.dev_eui, "name": device.name, "trial": device.trial.code}
    item = {"device": named, "time": at, **what}
    data = {"organization": endpoint.organization_id, f"{kind.value}s": [item]}
    message = message_of(endpoint.pk, kind, body_of(kind=kind.value, data=data, at=at), at)
    message.save()
    delivery = Delivery(message.pk, endpoint.pk, endpoint.url, b"", {})
    headers = {"content-type": "application/json", "webhook-id": str(message.pk)}
    for said, took in past["tries"]:
        failed = isinstance(said, str)
        answer = Answer(
            None if failed else said, said if failed else "", took_ms=took, request_headers=headers
        )
        deliveries_record(results=[Delivered(delivery, at, answer)], now=at)
        at += timedelta(minutes=5)
