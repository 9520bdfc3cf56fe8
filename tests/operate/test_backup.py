"""The restore drill: what was backed up stands in an empty database again, row by row and file by file."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from apps.audit.domain import record
from apps.audit.models import AuditEntry
from apps.core.models import SiteSettings
from tests.databases import url_of
from tests.factories.people import UserFactory

BACKUP = settings.BASE_DIR / "deploy" / "backup"


def script(name: str, argument: Path, *, database: str, media: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{os.environ['PATH']}:/usr/bin",
        "MACHITRY_DATABASE_URL": url_of(database),
        "MACHITRY_MEDIA_ROOT": str(media),
    }
    command = ["sh", str(BACKUP / name), str(argument)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def rows(database: str, query: str) -> str:
    command = ["psql", url_of(database), "-XtAc", query]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def snapshot(database: str) -> dict[str, str]:
    """A fingerprint of each table's rows."""
    names = rows(
        database,
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
        "AND c.relkind IN ('r', 'p') AND c.relname <> 'spatial_ref_sys' ORDER BY 1",
    ).split()
    return {
        name: rows(
            database, f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t"
        )
        for name in names
    }


@pytest.fixture
def empty_database() -> Iterator[str]:
    name = f"restore_{uuid.uuid4().hex[:12]}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "site").mkdir(parents=True)
    (folder / "site" / "紋章.png").write_bytes(b"\x89PNG city mark")
    return folder


@pytest.mark.django_db(transaction=True)
def test_restore_drill(empty_database: str, media: Path, tmp_path: Path) -> None:
    person = UserFactory.create()
    record(action="test.backed_up", actor=person, target=None, data={"text": "融雪装置 ①"})
    SiteSettings.objects.update_or_create(pk=1, defaults={"city_name": "見本市"})
    source = str(connection.settings_dict["NAME"])

    made = script("backup.sh", tmp_path / "backups", database=source, media=media)
    assert made.returncode == 0, made.stderr
    backup = Path(made.stdout.strip())

    restored_media = tmp_path / "restored"
    done = script("restore.sh", backup, database=empty_database, media=restored_media)
    assert done.returncode == 0, done.stderr

    before, after = snapshot(source), snapshot(empty_database)
    assert AuditEntry.objects.count() == 1
    assert before == after
    assert (restored_media / "site" / "紋章.png").read_bytes() == b"\x89PNG city mark"
    append_only = subprocess.run(
        ["psql", url_of(empty_database), "-Xqc", f"DELETE FROM {AuditEntry._meta.db_table}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert append_only.returncode != 0, "triggers are restored too"


@pytest.mark.django_db(transaction=True)
def test_restore_refuses_a_database_with_tables(media: Path, tmp_path: Path) -> None:
    source = str(connection.settings_dict["NAME"])
    backup = Path(script("backup.sh", tmp_path / "backups", database=source, media=media).stdout.strip())
    done = script("restore.sh", backup, database=source, media=tmp_path / "elsewhere")
    assert done.returncode == 1
    assert "restore into an empty one. Nothing was restored." in done.stderr


@pytest.mark.django_db(transaction=True)
def test_restore_refuses_a_damaged_backup(empty_database: str, media: Path, tmp_path: Path) -> None:
    source = str(connection.settings_dict["NAME"])
    backup = Path(script("backup.sh", tmp_path / "backups", database=source, media=media).stdout.strip())
    dump = backup / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-100])
    done = script("restore.sh", backup, database=empty_database, media=tmp_path / "elsewhere")
    assert done.returncode == 1
    assert "its checksums do not match" in done.stderr
    assert rows(empty_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").strip() == "0"
