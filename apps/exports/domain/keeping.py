"""Keeping the parts of exports, joining them, deleting what is over."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Iterable
from typing import IO

from django.core.files import File

from apps.exports.integrations.files import file_open, storage

_CHUNK = 1024 * 1024


def part_save(*, export: uuid.UUID, content: IO[bytes]) -> str:
    """Keep ``content`` under a new name in the export's folder; the name."""
    content.seek(0)
    return storage().save(f"{export}/{uuid.uuid4().hex}", File(content))


def joined(*, export: uuid.UUID, parts: Iterable[str]) -> tuple[str, int, str]:
    """One file of ``parts`` in their order: its name, bytes and SHA-256. One part is the file already."""
    names, digest, size = list(parts), hashlib.sha256(), 0
    with tempfile.TemporaryFile() as whole:
        for name in names:
            with file_open(name) as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    if len(names) > 1:
                        whole.write(chunk)
        name = names[0] if len(names) == 1 else part_save(export=export, content=whole)
    return name, size, digest.hexdigest()


def folder_clear(*, export: uuid.UUID, keep: str = "") -> None:
    """Delete everything of the export but ``keep``: parts, and what a killed worker left."""
    try:
        _folders, names = storage().listdir(str(export))
    except OSError:
        return
    for name in names:
        if f"{export}/{name}" != keep:
            storage().delete(f"{export}/{name}")
    if not keep:
        storage().delete(str(export))
