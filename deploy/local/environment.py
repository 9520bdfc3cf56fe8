"""The environment file of an instance: addresses of its services and secrets that are made once."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from deploy.local.paths import Instance

DATABASE = "machitry"
SECRETS = ("MACHITRY_SECRET_KEY", "MACHITRY_API_KEY_SECRET", "MACHITRY_DEVICE_KEY_SECRETS")


def read(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (row.partition("=") for row in path.read_text(encoding="utf-8").splitlines() if "=" in row)
    return {key: value for key, _, value in rows if not key.startswith("#")}


def write(instance: Instance, *, mqtt_port: int, web_port: int | None = None) -> dict[str, str]:
    """Write `.local/<instance>/env`; secrets and the ports of before stay as they were."""
    before = read(instance.env_file)
    web_port = web_port or int(before.get("MACHITRY_BASE_URL", ":8000").rpartition(":")[2])
    values = {
        "MACHITRY_DATABASE_URL": f"postgresql://{DATABASE}@/{DATABASE}?host={instance.sockets}",
        "MACHITRY_REDIS_URL": f"unix://{instance.sockets}/redis.sock?db=0",
        "MACHITRY_MQTT_URL": f"mqtt://127.0.0.1:{mqtt_port}",
        "MACHITRY_BASE_URL": f"http://127.0.0.1:{web_port}",
        "MACHITRY_ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "MACHITRY_MAIL_URL": f"file://{instance.folder}/mail",
        "MACHITRY_MEDIA_ROOT": f"{instance.folder}/media",
        "MACHITRY_SECRET_KEY": secrets.token_urlsafe(48),
        "MACHITRY_API_KEY_SECRET": secrets.token_urlsafe(48),
        "MACHITRY_DEVICE_KEY_SECRETS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
    if instance.name == "demo":
        values["MACHITRY_DEMO"] = "1"
    for name in SECRETS:
        values[name] = before.get(name, values[name])
    text = "# Written by deploy/local; `make reset` makes new secrets.\n"
    text += "".join(f"{key}={value}\n" for key, value in values.items())
    descriptor = os.open(instance.env_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return values
