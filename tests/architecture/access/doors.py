"""Rows of the table: mask zones, and messages that could not be stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.gis.geos import Point

from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.telemetry.models import DeadLetter, MaskZone
from tests.architecture.access.table import MEMBERS, STAFF, WORKERS, Row, all_get
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
#: Nothing waits and nothing is flagged: whoever may see the trial gets an empty answer.
EMPTY = MEMBERS.but(reader=204, colleague=204, owner=204, staff=204)


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def zone(w: World) -> dict[str, Any]:
    place = Point(137.2, 36.7, srid=4326)
    row = MaskZone.objects.first() or MaskZone.objects.create(trial=w.trial, centre=place)
    return {**trial(w), "pk": row.pk}


def company(w: World) -> dict[str, Any]:
    return {"organization": w.company}


def letter(w: World) -> dict[str, Any]:
    row, _made = DeadLetter.objects.get_or_create(
        payload_hash="0" * 64,
        defaults={
            "reason": "malformed", "topic": "x", "payload": b"x", "dev_eui": w.device.dev_eui,
            "received_at": clock.now(),
        },
    )  # fmt: skip
    return {**company(w), "pk": row.pk}


def mqtt(w: World) -> dict[str, Any]:
    names = {"organization_id": w.company, "name": "mqtt", "lookup": "mqttkey1", "digest": "0" * 64}
    later = clock.now() + timedelta(days=9)
    key, _made = ApiKey.objects.get_or_create(**names, defaults={"scopes": [Scope.MQTT], "expires_at": later})
    return {**company(w), "key": key.pk}


ROWS: list[Row] = [
    Row("telemetry:topics", MEMBERS, company),
    Row("telemetry:topics-link", MEMBERS, company),
    Row("telemetry:topics-password", all_get(405).but(anonymous=302), mqtt),
    Row("telemetry:topics-password", WORKERS, mqtt, method="POST"),
    Row("telemetry:mask-list", WORKERS, trial),
    Row("telemetry:mask-list", REFUSED, trial, method="POST"),
    Row("telemetry:mask-link", EMPTY, trial),
    Row("telemetry:mask-edit", WORKERS, zone),
    Row("telemetry:mask-edit", REFUSED, zone, method="POST"),
    Row("telemetry:mask-remove", all_get(405).but(anonymous=302), zone),
    Row("telemetry:mask-remove", DONE, zone, method="POST"),
    Row("telemetry:letters-slot", EMPTY, trial),
    Row("telemetry:letter-list", MEMBERS, company),
    Row("telemetry:letter-list", DONE, company, method="POST"),
    Row("telemetry:letter-detail", MEMBERS, letter),
    Row("telemetry:letter-detail", WORKERS.but(owner=404, colleague=404), letter, method="POST"),
    Row(
        "telemetry:letter-detail",
        REFUSED,
        letter,
        method="POST",
        data=lambda w: {"act": "discard", "reason": ""},
    ),
]


def by_staff(w: World) -> dict[str, Any]:
    return {"pk": letter(w)["pk"]}


DISCARD = "admin:telemetry_deadletter_discard"
ACTS: list[Row] = [
    Row(DISCARD, STAFF, by_staff),
    Row(DISCARD, STAFF.but(staff=422), by_staff, method="POST"),
]
