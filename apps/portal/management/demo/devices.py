"""Sample device models with their codecs, and registered devices."""

from __future__ import annotations

import hashlib
from datetime import datetime, time
from typing import Any

from django.conf import settings

from apps.core import clock
from apps.devices.domain import codec_publish, device_register
from apps.devices.domain.provision_job import provision_job
from apps.devices.enums import Direction
from apps.devices.models import CodecExample, Device, DeviceModel, ModelProfile, Provision
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
        model, created = _model(fixture, row)
        made += created
        script = CODECS / f"{row.get('codec', '')}.js"
        if script.is_file() and not model.codecs.exists():
            codec_publish(model=model, script=script.read_text(encoding="utf-8"), actor=fixture.staff)
        if "simulates" in row:
            _stands_on_the_sample_server(fixture, model)
        _commands(model, row.get("commands", {}))
        _examples(model, row.get("examples", {}))
    return made


def _model(fixture: Fixture, row: dict[str, Any]) -> tuple[DeviceModel, bool]:
    """The city's, or with ``organization`` that company's own on the model whose key is ``base``."""
    values = {"fields": _in_order(row["fields"]), "uplink_interval": row["uplink_interval"]}
    if "base" in row:
        values["base"] = device_models(fixture)[row["base"]]
    owner = fixture.organizations[row["organization"]] if "organization" in row else None
    return DeviceModel.objects.get_or_create(
        organization=owner, maker=row["maker"], name=row["name"], defaults=values
    )


def _stands_on_the_sample_server(fixture: Fixture, model: DeviceModel) -> None:
    """Devices of ``model`` are brought to the sample server, the visitor's as well, and it plays them."""
    server = NetworkServer.objects.filter(name=SERVER).first()
    if server is None:
        values = {"address": "sample.example.jp:443", "tenant": "sample"}
        new = NetworkServer(name=SERVER, kind=ServerKind.SAMPLE, **values)
        server = server_save(server=new, actor=fixture.staff, token="sample")  # noqa: S106 -- opens nothing
    ModelProfile.objects.get_or_create(model=model, server=server, defaults={"profile_id": "sample"})


def _commands(model: DeviceModel, commands: dict[str, Any]) -> None:
    """What a device of ``model`` can be told: name → object, port, bytes."""
    for name, value in commands.items():
        values = {"direction": Direction.DOWN, "f_port": value["port"], "payload": value["bytes"]}
        CodecExample.objects.get_or_create(
            model=model, name=name, defaults={**values, "expected": {"data": value["object"]}}
        )


def _examples(model: DeviceModel, examples: dict[str, Any]) -> None:
    """What payloads mean: name → bytes, and what they must become."""
    for name, value in examples.items():
        expected = {key: value[key] for key in ("data", "warnings", "fails") if key in value}
        if "data" in expected:
            expected.setdefault("warnings", [])
        CodecExample.objects.get_or_create(
            model=model, name=name, defaults={"payload": value["bytes"], "expected": expected}
        )


def _in_order(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with their place in the file, which jsonb does not keep."""
    return {name: {**field, "order": order} for order, (name, field) in enumerate(fields.items())}


def device_models(fixture: Fixture) -> dict[str, DeviceModel]:
    """The sample models by their key in devices.json."""
    known = {(model.maker, model.name): model for model in DeviceModel.objects.all()}
    rows = fixture.read("devices")["models"]
    names = {row["key"]: (row["maker"], row["name"]) for row in rows}
    return {key: known[name] for key, name in names.items() if name in known}


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
    device = device_register(
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
    _has_been_on_the_server(device, fixture.now)


def _has_been_on_the_server(device: Device, now: datetime) -> None:
    """A sample is known there since its trial began, before the past that the simulator plays."""
    row = Provision.objects.filter(device=device).first()
    if row is not None:
        provision_job(payload={"provision": str(row.pk), "revision": row.revision})
        begun = datetime.combine(device.trial.starts_on, time(9), clock.TOKYO)
        Provision.objects.filter(pk=row.pk).update(done_at=min(begun, now))
