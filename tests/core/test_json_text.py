"""JSON of what was stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from apps.core.json_text import json_bytes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [10**20, -(10**20)], "b": (1, True)}, b'{"a":[1e+20,-1e+20],"b":[1,true]}'),
        ([2**64 - 1, -(2**63)], b"[18446744073709551615,-9223372036854775808]"),
        ([2**64, 10**400], b"[1.8446744073709552e+19,null]"),
    ],
)
def test_numbers_that_no_program_knows_become_the_nearest(value: Any, text: bytes) -> None:
    assert json_bytes(value) == text


def test_everything_else_is_as_orjson_writes_it() -> None:
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    assert json_bytes({"at": moment, "many": 10**30}, orjson.OPT_UTC_Z) == (
        b'{"at":"2026-11-21T00:00:00Z","many":1e+30}'
    )
