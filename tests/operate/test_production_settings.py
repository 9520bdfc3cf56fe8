"""Production starts only when everything it needs is named, and then passes Django's deployment checks."""

from __future__ import annotations

import pytest

from deploy.local.check_deploy import check, production_environment

NEEDED = (
    "MACHITRY_SECRET_KEY",
    "MACHITRY_API_KEY_SECRET",
    "MACHITRY_DEVICE_KEY_SECRETS",
    "MACHITRY_WEBHOOK_SECRETS",
    "MACHITRY_DATABASE_URL",
    "MACHITRY_REDIS_URL",
)


def test_deployment_checks_find_nothing() -> None:
    done = check(production_environment())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NEEDED)
def test_production_refuses_to_start_without(name: str) -> None:
    environment = production_environment()
    del environment[name]
    done = check(environment)
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1].endswith(f"{name} is not set.")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MACHITRY_SECRET_KEY", "short", "must have 50 characters or more"),
        ("MACHITRY_SECRET_KEY", "", "is empty"),
        ("MACHITRY_BASE_URL", "http://portal.city.example", "must begin with https://"),
        ("MACHITRY_ALLOWED_HOSTS", "*", "must name the portal's hosts"),
        ("MACHITRY_DATABASE_URL", "mysql://db/machitry", "the only database we support"),
        ("MACHITRY_REQUIRE_SECOND_FACTOR", "yes", "must be 0 or 1"),
        ("MACHITRY_HSTS_SECONDS", "soon", "must be a whole number"),
        ("MACHITRY_SECRET_KEY_FILE", "/nonexistent/secret", "cannot be read"),
    ],
)
def test_production_refuses_a_bad_value(name: str, value: str, sentence: str) -> None:
    done = check({**production_environment(), name: value})
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]
