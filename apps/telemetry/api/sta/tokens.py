"""Where the next page of observations begins, as text."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from apps.telemetry.errors import BadOption
from apps.telemetry.selectors.sta.observations import After


def token_write(after: After) -> str:
    text = f"{after[0].isoformat()}|{after[1]}|{after[2]}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def token_read(token: str) -> After:
    """What ``token_write`` wrote; raises ``BadOption`` for any other text. It tells a place, not a right."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        time, _bar, rest = text.partition("|")
        identity, _bar, name = rest.partition("|")
        if "\x00" in name:
            raise ValueError(name)
        return datetime.fromisoformat(time).astimezone(UTC), uuid.UUID(identity), name
    except (ValueError, OverflowError, binascii.Error):
        raise BadOption("$skiptoken", _("Follow @iot.nextLink as it is.")) from None
