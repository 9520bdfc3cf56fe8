"""Development and the demo: the private services of `make demo`."""

from __future__ import annotations

from pathlib import Path

from config.env import env_bool, load_env_file

load_env_file(Path(__file__).resolve().parents[2] / ".local" / "demo" / "env")

from config.settings.base import *  # noqa: E402, F403

DEBUG = env_bool("MACHITRY_DEBUG")
SECOND_FACTOR_REQUIRED_FOR_STAFF = env_bool("MACHITRY_REQUIRE_SECOND_FACTOR")
#: Receivers on the developer's own machine.
WEBHOOK_NETWORKS = ["127.0.0.0/8", "::1/128"]
WEBHOOK_HTTP = True
#: Passkeys at http://localhost.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
