"""Sample device models with their codecs, and registered devices."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings

from apps.devices.domain import codec_publish, device_register
from apps.devices.models import Device, DeviceModel
from apps.portal.management.demo.fixture import Fixture
from apps.trials.models import Trial

#: TS013 codecs of the sample models: fixtures/codecs/<codec>.js.
CODECS = settings.BASE_DIR / "fixtures" / "codecs"


def load_models(fixture: Fixture) -> int:
    made = 0
    for row in fixture.read("devices")["models"]:
        model, created = DeviceModel.objects.get_or_create(
            maker=row["maker"],
            name=row["name"],
            defaults={"fields": _in_order(row["fields"]), "uplink_interval": row["uplink_interval"]},
        )
        made += created
        script = CODECS / f"{row.get('codec', '')}.js"
        if script.is_file() and not model.codecs.exists():
            codec_publish(model=model, script=script.read_text(encoding="utf-8"), actor=fixture.staff)
    return made


def _in_order(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with their place in the file, which jsonb does not keep."""
    return {name: {**field, "order": order} for order, (name, field) in enumerate(fields.items())}


def device_models(fixture: Fixture) -> dict[str, DeviceModel]:
    """The sample models by their key in devices.json."""
    return {
        row["key"]: DeviceModel.objects.get(maker=row["maker"], name=row["name"])
        for row in fixture.read("devices")["models"]
    }


def sample_app_key(dev_eui: str) -> str:
    """A root key that protects nothing, for a device that does not exist."""
    return hashlib.sha256(f"sample {dev_eui}".encode()).hexdigest()[:32]


def load_devices(fixture: Fixture) -> int:
    """Devices of the running trials, each at a place of its own."""
    models = device_models(fixture)
    made = 0
    for row in fixture.read("devices")["devices"]:
        if not Device.objects.filter(dev_eui=row["dev_eui"]).exists():
            _register(fixture, row, models[row["model"]])
            made += 1
    return made


def _register(fixture: Fixture, row: dict[str, Any], model: DeviceModel) -> None:
    trial = Trial.objects.get(code=row["trial"])
    people = [membership.user for membership in trial.organization.memberships.order_by("created_at")]
    device_register(
        trial=trial,
        actor=people[0] if people else None,
        name=row["name"],
        dev_eui=row["dev_eui"],
        join_eui="0000000000000000",
        app_key=sample_app_key(row["dev_eui"]),
        model=model,
        place_name=row["place_name"],
        place=fixture.point(row["place"]),
        now=fixture.now,
    )
