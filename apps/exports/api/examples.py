"""Examples of the schema that no serializer holds: the answer to asking for a file."""

from __future__ import annotations

from apps.core.api import example
from apps.exports.api.serializers import EXPORT

_WAITING = {
    "state": "waiting",
    "rows_expected": None,
    "rows": 0,
    "size": None,
    "sha256": "",
    "file": None,
    "ended_at": None,
    "expires_at": None,
}

example("exports_create", "An export that waits", response={**EXPORT, **_WAITING}, status=202)
