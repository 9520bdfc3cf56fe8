"""Where the files of exports lie: a storage of their own to which no address leads."""

from __future__ import annotations

from typing import IO

from django.core.files.storage import Storage, storages


def storage() -> Storage:
    return storages["exports"]


def file_open(name: str) -> IO[bytes]:
    """Raises ``OSError`` when it is not there."""
    opened: IO[bytes] = storage().open(name, "rb")
    return opened
