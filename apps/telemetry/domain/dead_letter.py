"""Dead letters: kept byte for byte, replayable once what was missing is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

from apps.telemetry.models import DeadLetter

_KEEP = """
INSERT INTO telemetry_deadletter AS d
    (id, state, reason, detail, topic, payload, payload_hash, dev_eui,
     times, received_at, created_at, updated_at, withheld, discard_reason)
VALUES (gen_random_uuid(), 'kept', %(reason)s, %(detail)s, %(topic)s, %(payload)s, %(payload_hash)s,
        %(dev_eui)s, 1, %(received_at)s, now(), now(), %(withheld)s, '')
ON CONFLICT (payload_hash) DO UPDATE SET times = d.times + 1, updated_at = now(), state = 'kept',
    reason = excluded.reason, detail = excluded.detail, discard_reason = ''
"""


def dead_letters_keep(*, rows: Sequence[dict[str, Any]]) -> None:
    """Keep ``rows``; one seen before (same topic and bytes) is counted, not doubled.

    Those without their content (``masking.withhold``) have the topic alone in common: each kind of message
    of such a device is one row that counts.
    """
    with connection.cursor() as cursor:
        for row in sorted(rows, key=lambda row: str(row["payload_hash"])):
            cursor.execute(_KEEP, {"withheld": False, **row})


def payload_as_text(letter: DeadLetter) -> str:
    """The payload for people: indented JSON where it is JSON, else hexadecimal."""
    raw = bytes(letter.payload)
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return raw.hex(" ")
    except orjson.JSONEncodeError:
        # Nested deeper than it can be written again.
        return raw.decode()
