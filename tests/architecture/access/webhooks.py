"""Rows of the table: webhooks of a company, their log, the acts of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apps.core import clock
from apps.telemetry.models import WebhookEndpoint, WebhookMessage
from tests.architecture.access.table import MEMBERS, WORKERS, ApiRow, Arguments, Row, all_get, by_key, nothing
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
ONLY_POST = all_get(405).but(anonymous=302)


def company(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def hook(w: World) -> dict[str, Any]:
    values = {"url": "https://receiver.example.jp/", "kinds": ["uplink"], "name": "受け口"}
    row, _made = WebhookEndpoint.objects.get_or_create(organization=w.cast.organization, defaults=values)
    return {**company(w), "pk": row.pk}


def told(w: World) -> dict[str, Any]:
    args, now = hook(w), clock.now()
    row = WebhookMessage.objects.filter(endpoint=args["pk"]).first() or WebhookMessage.objects.create(
        endpoint_id=args["pk"], kind="uplink", body=b"{}", made_at=now, due_at=now
    )
    return {**args, "message": row.pk}


def off(w: World) -> dict[str, Any]:
    return {"on": "1"}


ROWS: list[Row] = [
    Row("telemetry:webhook-list", MEMBERS, company),
    Row("telemetry:webhook-links", MEMBERS, company),
    Row("telemetry:trial-webhook-links", MEMBERS, lambda w: {**company(w), "code": w.trial.code}),
    Row("telemetry:webhook-new", WORKERS, company),
    Row("telemetry:webhook-new", REFUSED, company, method="POST", data=lambda w: {"name": ""}),
    Row("telemetry:webhook-detail", MEMBERS, hook),
    Row("telemetry:webhook-edit", WORKERS, hook),
    Row("telemetry:webhook-edit", REFUSED, hook, method="POST", data=lambda w: {"name": ""}),
    Row("telemetry:webhook-secret", WORKERS, hook),
    Row("telemetry:webhook-secret", REFUSED, hook, method="POST", data=lambda w: {"overlap": "1"}),
    Row("telemetry:webhook-switch", ONLY_POST, hook),
    Row("telemetry:webhook-switch", DONE, hook, method="POST", data=off),
    Row("telemetry:webhook-remove", WORKERS, hook),
    Row("telemetry:webhook-remove", DONE, hook, method="POST"),
    Row("telemetry:webhook-test", ONLY_POST, hook),
    Row("telemetry:webhook-test", DONE, hook, method="POST"),
    Row("telemetry:webhook-replay", WORKERS, hook),
    Row("telemetry:webhook-replay", REFUSED, hook, method="POST", data=lambda w: {"since": "x"}),
    Row("telemetry:webhook-message", MEMBERS, told),
    Row("telemetry:webhook-message", DONE, told, method="POST"),
]


def only(args: Arguments) -> Arguments:
    """Without the organization: a key tells whose it is."""
    return lambda w: {name: value for name, value in args(w).items() if name != "organization"}


def by(name: str, args: Arguments, *, key: int = 200, other: int = 404, **more: Any) -> ApiRow:
    row = by_key(name, args, other=other, **more)
    return replace(row, statuses={**row.statuses, "key": key})


API: list[ApiRow] = [
    by("api-webhook-list", nothing, other=200),
    by("api-webhook-list", nothing, method="POST", key=422, other=422),
    by("api-webhook-detail", only(hook)),
    by("api-webhook-detail", only(hook), method="PATCH"),
    by("api-webhook-detail", only(hook), method="DELETE", key=204),
    by("api-webhook-secret", only(hook), method="POST"),
    by("api-webhook-test", only(hook), method="POST", key=202),
    by("api-webhook-replay", only(hook), method="POST", key=422),
    by("api-webhook-messages", only(hook)),
    by("api-webhook-message", only(told)),
    by("api-webhook-message-replay", only(told), method="POST", key=202),
]
