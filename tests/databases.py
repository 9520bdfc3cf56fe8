"""Test databases: one migrated template, cloned for each worker (0.15 s in place of all migrations).

A test that commits leaves rows behind. ``restore`` takes away just those, in 20 ms: Django's own flush
truncates every table and makes all content types and permissions anew, in a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import django
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from tests.services import POSTGRES

ROOT = Path(__file__).resolve().parents[1]
#: The migrated template, once this worker has its database.
_template = ""
_digests: dict[str, str] = {}
#: Every table of this worker's database with the rows that migrations put there, as COPY writes them.
_tables: dict[str, bytes] = {}


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


def _migrated(administrator: psycopg.Connection[Any]) -> str:
    """The name of the template; it is made when there is none of these migrations."""
    base = settings.DATABASES["default"]["NAME"]
    template = f"test_{base}_template_{_migrations_hash()}"
    if not administrator.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
        _drop_older_templates(administrator, f"test_{base}_template_")
        draft = f"{template}_draft"
        administrator.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{draft}"')
        _use(draft)
        call_command("migrate", verbosity=0, interactive=False)
        _use(base)
        administrator.execute(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')
    return template


def create(worker: str) -> str:
    """A fresh database for ``worker``, in use by Django's default connection; returns its name."""
    global _template
    name = f"test_{settings.DATABASES['default']['NAME']}_{worker}"
    with _alone(), _administrator() as administrator:
        _template = template = _migrated(administrator)
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    _use(name)
    return name


def url_of(name: str) -> str:
    """The address of a database beside ours, for other processes."""
    one = settings.DATABASES["default"]
    query = urlencode({"host": one["HOST"], **({"port": one["PORT"]} if one["PORT"] else {})})
    return f"postgresql://{quote(one['USER'])}:{quote(one['PASSWORD'])}@/{name}?{query}"


@contextmanager
def another() -> Iterator[str]:
    """One more fresh database, for a server that a test starts; yields its address."""
    name = f"{settings.DATABASES['default']['NAME']}_{uuid.uuid4().hex[:8]}"
    with _alone(), _administrator() as administrator:
        administrator.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_template}"')
    try:
        yield url_of(name)
    finally:
        drop(name)


def copy_to(address: str) -> None:
    """Fill the empty database at ``address`` (of another cluster) with what migrations make."""
    read = [f"{POSTGRES}/pg_dump", "--no-owner", "--no-privileges", url_of(_template)]
    write = [f"{POSTGRES}/psql", "-Xq", "-v", "ON_ERROR_STOP=1", address]
    with _alone():
        dump = subprocess.run(read, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(write, check=True, input=dump, stdout=subprocess.DEVNULL)


def drop(name: str) -> None:
    """Drop a worker's database; the template stays for the next run."""
    connections["default"].close()
    with _administrator() as administrator:
        administrator.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


_DIGEST = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"


def remember() -> None:
    """Keep what migrations put into the database: each test finds just that."""
    _tables.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'spatial_ref_sys' ORDER BY 1"
        )
        for (name,) in cursor.fetchall():
            with cursor.copy(f"COPY (SELECT * FROM {name}) TO STDOUT") as copy:
                _tables[name] = b"".join(copy)
            if _tables[name]:
                cursor.execute(_DIGEST.format(name))
                _digests[name] = cursor.fetchone()[0]


def _changed(cursor: Any) -> list[str]:
    """The tables that do not hold what they held at first."""
    checks = (
        f"SELECT '{name}' WHERE ({_DIGEST.format(name)}) IS DISTINCT FROM {_digests[name]!r}"
        if rows
        else f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"
        for name, rows in _tables.items()
    )
    cursor.execute(" UNION ALL ".join(checks))
    return [name for (name,) in cursor.fetchall()]


def restore() -> None:
    """Bring every table back to what it held at first, once nobody writes any more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        cursor.execute(f"LOCK TABLE {', '.join(_tables)} IN EXCLUSIVE MODE")
        # The record of acts may only be added to, and rows refer to each other: no trigger now.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in _changed(cursor):
            cursor.execute(f"DELETE FROM {name}")
            if _tables[name]:
                with cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    copy.write(_tables[name])


if __name__ == "__main__":
    # Before the workers start, beside their first reading of the tests (see the Makefile).
    django.setup()
    with _alone(), _administrator() as administrator:
        _migrated(administrator)
