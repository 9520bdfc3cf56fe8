"""Test databases: one migrated template, cloned for each worker (0.15 s in place of all migrations)."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

ROOT = Path(__file__).resolve().parents[1]


def _administrator() -> psycopg.Connection[Any]:
    base = settings.DATABASES["default"]
    return psycopg.connect(
        dbname="postgres",
        user=base["USER"] or None,
        password=base["PASSWORD"] or None,
        host=base["HOST"] or None,
        port=base["PORT"] or None,
        autocommit=True,
    )


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("apps/*/migrations/*.py")):
        digest.update(path.read_bytes())
    digest.update((ROOT / "requirements.txt").read_bytes())
    return digest.hexdigest()[:12]


def _use(name: str) -> None:
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


@contextmanager
def _alone() -> Iterator[None]:
    """One worker at a time: the others find the template ready."""
    with (Path(tempfile.gettempdir()) / f"machitry-template-{_migrations_hash()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _drop_older_templates(administrator: psycopg.Connection[Any], prefix: str) -> None:
    rows = administrator.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
    for (name,) in rows.fetchall():
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}"')


def create(worker: str) -> str:
    """A fresh database for ``worker``, in use by Django's default connection; returns its name."""
    base = settings.DATABASES["default"]["NAME"]
    template = f"test_{base}_template_{_migrations_hash()}"
    name = f"test_{base}_{worker}"
    with _alone(), _administrator() as administrator:
        exists = administrator.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone()
        if not exists:
            _drop_older_templates(administrator, f"test_{base}_template_")
            draft = f"{template}_draft"
            administrator.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
            administrator.execute(f'CREATE DATABASE "{draft}"')
            _use(draft)
            call_command("migrate", verbosity=0, interactive=False)
            _use(base)
            administrator.execute(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _use(name)
    return name


def drop(name: str) -> None:
    """Drop a worker's database; the template stays for the next run."""
    connections["default"].close()
    with _administrator() as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
