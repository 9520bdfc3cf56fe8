"""Sample device models with their codecs, and registered devices."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings

from apps.devices.domain import codec_publish, device_register
from apps.devices.enums import Direction
from apps.devices.models import CodecExample, Device, DeviceModel, ModelProfile
from apps.network.domain import server_save
from apps.network.enums import ServerKind
from apps.network.models import NetworkServer
from apps.portal.management.demo.fixture import Fixture
from apps.trials.models import Trial

#: TS013 codecs of the sample models: fixtures/codecs/<codec>.js.
CODECS = settings.BASE_DIR / "fixtures" / "codecs"
#: The network server that the simulator plays.
SERVER = "見本のネットワークサーバー"


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
        if row.get("commands"):
            _can_be_sent_to(fixture, model, row["commands"])
    return made


def _can_be_sent_to(fixture: Fixture, model: DeviceModel, commands: dict[str, Any]) -> None:
    """Devices of ``model`` stand on the sample server, and ``commands`` (name → object) are known."""
    server = NetworkServer.objects.filter(name=SERVER).first()
    if server is None:
        values = {"address": "sample.example.jp:443", "tenant": "sample"}
        new = NetworkServer(name=SERVER, kind=ServerKind.SAMPLE, **values)
        server = server_save(server=new, actor=fixture.staff, token="sample")  # noqa: S106 -- opens nothing
    ModelProfile.objects.get_or_create(model=model, server=server, defaults={"profile_id": "sample"})
    for name, value in commands.items():
        values = {"direction": Direction.DOWN, "f_port": value["port"], "payload": value["bytes"]}
        CodecExample.objects.get_or_create(
            model=model, name=name, defaults={**values, "expected": {"data": value["object"]}}
        )


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
    owner = fixture.organizations[row["organization"]] if "organization" in row else trial.organization
    people = [membership.user for membership in owner.memberships.order_by("created_at")]
    device_register(
        trial=trial,
        organization=owner,
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
