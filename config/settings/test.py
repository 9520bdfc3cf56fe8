"""Tests: the private services of `make test`, or whatever the environment names."""

from __future__ import annotations

import os
from pathlib import Path

from config.env import load_env_file

load_env_file(Path(__file__).resolve().parents[2] / ".local" / "test" / "env")
for _name, _value in {
    "MACHITRY_DATABASE_URL": "postgresql:///machitry",
    "MACHITRY_REDIS_URL": "redis://127.0.0.1:6379/0",
    "MACHITRY_SECRET_KEY": "only-for-tests-" + "x" * 40,
    "MACHITRY_API_KEY_SECRET": "only-for-tests-" + "y" * 40,
    "MACHITRY_DEVICE_KEY_SECRETS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "MACHITRY_WEBHOOK_SECRETS": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=",
    "MACHITRY_MAIL_URL": "memory://",
}.items():
    os.environ.setdefault(_name, _value)
os.environ["MACHITRY_MAIL_URL"] = os.environ.get("MACHITRY_TEST_MAIL_URL", "memory://")

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import CACHES, LOCAL_DIR, STORAGES  # noqa: E402

DEMO = True
SECOND_FACTOR_REQUIRED_FOR_STAFF = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
for _alias in ("redis", "redis-pages"):
    CACHES[_alias]["KEY_PREFIX"] = f"test-{os.getpid()}-{_WORKER}-{_alias}"
    # On a busy machine half a second is not "away": the database would count, with other queries.
    CACHES[_alias]["OPTIONS"] = {
        **CACHES[_alias]["OPTIONS"],
        "SOCKET_CONNECT_TIMEOUT": 20,
        "SOCKET_TIMEOUT": 20,
    }
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT = LOCAL_DIR / "test" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
#: Every test client begins the middleware anew, which else looks through all files of the portal.
WHITENOISE_AUTOREFRESH = True
LOGGING = {"level": os.environ.get("MACHITRY_LOG_LEVEL", "ERROR"), "json": False}
#: Receivers of tests.
WEBHOOK_NETWORKS = ["127.0.0.0/8"]
WEBHOOK_HTTP = True
CELERY_TASK_ALWAYS_EAGER = False
ACCOUNT_RATE_LIMITS = {}
#: Passkeys at http://localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
