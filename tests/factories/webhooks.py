from __future__ import annotations

from datetime import datetime
from typing import Any

import factory

from apps.core import clock
from apps.telemetry.enums import NewsKind
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from tests.factories.organizations import OrganizationFactory


class EndpointFactory(factory.django.DjangoModelFactory[WebhookEndpoint]):
    class Meta:
        model = WebhookEndpoint

    organization = factory.SubFactory(OrganizationFactory)  # type: ignore[attr-defined, no-untyped-call]
    name = factory.Sequence(lambda n: f"受け口{n}")  # type: ignore[attr-defined, no-untyped-call]
    url = "https://receiver.example.jp/hook"
    kinds = factory.LazyFunction(lambda: list(NewsKind.values))  # type: ignore[attr-defined, no-untyped-call]


def message(endpoint: WebhookEndpoint, made_at: datetime | None = None, **more: Any) -> WebhookMessage:
    """A message that waits and is due."""
    made_at = made_at or clock.now()
    values = {"kind": NewsKind.UPLINK, "body": b'{"type":"uplink"}', "due_at": made_at, **more}
    return WebhookMessage.objects.create(endpoint=endpoint, made_at=made_at, **values)
