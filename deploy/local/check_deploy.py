"""`manage.py check --deploy` under production settings, with an environment made for the purpose."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def production_environment() -> dict[str, str]:
    """The least that production needs; nothing of it is reachable, and the checks reach for nothing."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MACHITRY_", "DJANGO_"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "MACHITRY_SECRET_KEY": secrets.token_urlsafe(48),
        "MACHITRY_API_KEY_SECRET": secrets.token_urlsafe(48),
        "MACHITRY_DEVICE_KEY_SECRETS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "MACHITRY_WEBHOOK_SECRETS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "MACHITRY_DATABASE_URL": "postgresql://machitry@db.invalid/machitry",
        "MACHITRY_REDIS_URL": "redis://redis.invalid:6379/0",
        "MACHITRY_MQTT_URL": "mqtt://mqtt.invalid:1883",
        "MACHITRY_MAIL_URL": "smtp://mail.invalid:587?tls=1",
        "MACHITRY_BASE_URL": "https://portal.city.example",
        "MACHITRY_ALLOWED_HOSTS": "portal.city.example",
    }


def check(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(ROOT / "manage.py"),
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def main() -> int:
    done = check(production_environment())
    print((done.stdout + done.stderr).strip())
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
