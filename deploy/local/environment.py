"""The environment file of an instance: addresses of its services and secrets that are made once."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy.local.paths import Instance

DATABASE = "machitry"
SECRETS = (
    "MACHITRY_SECRET_KEY",
    "MACHITRY_API_KEY_SECRET",
    "MACHITRY_DEVICE_KEY_SECRETS",
    "MACHITRY_WEBHOOK_SECRETS",
    "MACHITRY_TOPICS_PASSWORD",
    "MACHITRY_TOPICS_SECRET",
)


def read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (row.partition("=") for row in path.read_text(encoding="utf-8").splitlines() if "=" in row)
    return {key: value for key, _, value in rows if not key.startswith("#")}


def secret(instance: Instance, name: str) -> str:
    """A secret that is needed before the file is written: that of before, or a new one, kept from now on."""
    before = read(instance.env_file)
    if name not in before:
        before[name] = secrets.token_urlsafe(32)
        _put(instance, before)
    return before[name]


def write(instance: Instance, *, brokers: Mapping[str, int], web_port: int | None = None) -> dict[str, str]:
    """Write `.local/<instance>/env`; secrets and the ports of before stay as they were."""
    before = read(instance.env_file)
    web_port = web_port or int(before.get("MACHITRY_BASE_URL", ":8000").rpartition(":")[2])
    values = {
        "MACHITRY_DATABASE_URL": f"postgresql://{DATABASE}@/{DATABASE}?host={instance.sockets}",
        "MACHITRY_REDIS_URL": f"unix://{instance.sockets}/redis.sock?db=0",
        "MACHITRY_MQTT_URL": f"mqtt://127.0.0.1:{brokers['mosquitto']}",
        "MACHITRY_TOPICS_URL": f"mqtt://127.0.0.1:{brokers['topics']}",
        "MACHITRY_TOPICS_USERNAME": "portal",
        "MACHITRY_TOPICS_PASSWORD": secrets.token_urlsafe(32),
        "MACHITRY_TOPICS_SECRET": secrets.token_urlsafe(48),
        "MACHITRY_BASE_URL": f"http://127.0.0.1:{web_port}",
        "MACHITRY_ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "MACHITRY_MAIL_URL": f"file://{instance.folder}/mail",
        "MACHITRY_MEDIA_ROOT": f"{instance.folder}/media",
        "MACHITRY_SECRET_KEY": secrets.token_urlsafe(48),
        "MACHITRY_API_KEY_SECRET": secrets.token_urlsafe(48),
        "MACHITRY_DEVICE_KEY_SECRETS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "MACHITRY_WEBHOOK_SECRETS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
    if instance.name == "demo":
        values["MACHITRY_DEMO"] = "1"
    for name in SECRETS:
        values[name] = before.get(name, values[name])
    _put(instance, values)
    return values


def _put(instance: Instance, values: Mapping[str, str]) -> None:
    text = "# Written by deploy/local; `make reset` makes new secrets.\n"
    text += "".join(f"{key}={value}\n" for key, value in values.items())
    descriptor = os.open(instance.env_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
