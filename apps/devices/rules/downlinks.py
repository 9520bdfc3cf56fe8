"""Pure rules of downlinks: how bytes are written, which state may follow which, when a day begins."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from datetime import datetime, time, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.devices.enums import DownlinkState

#: The most that AS923 carries at its fastest data rate.
MOST_BYTES: Final = 242
PORTS: Final = (1, 223)
#: How long a downlink may wait.
SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=7)

_WAITS = (DownlinkState.QUEUED, DownlinkState.HANDED)
_OVER = (DownlinkState.CANCELLED, DownlinkState.EXPIRED, DownlinkState.FAILED)
#: To each state from which others. What an antenna reports is true, whatever was thought before; events
#: come in any order and again, so that states only move ahead.
TRANSITIONS: Final[dict[DownlinkState, tuple[DownlinkState, ...]]] = {
    DownlinkState.QUEUED: (),
    DownlinkState.HANDED: (DownlinkState.QUEUED,),
    DownlinkState.CANCELLED: (DownlinkState.QUEUED,),
    DownlinkState.EXPIRED: _WAITS,
    DownlinkState.FAILED: _WAITS,
    DownlinkState.SENT: (*_WAITS, *_OVER),
    DownlinkState.UNANSWERED: (*_WAITS, *_OVER, DownlinkState.SENT),
    DownlinkState.ACKNOWLEDGED: (*_WAITS, *_OVER, DownlinkState.SENT, DownlinkState.UNANSWERED),
}


def bytes_of_hex(text: str) -> bytes:
    """Bytes written in hexadecimal, with whatever people put between; raises ``ValidationError``."""
    plain = unicodedata.normalize("NFKC", text)
    digits = re.sub(r"0[xX]|[\s,:;_-]", "", plain)
    if not re.fullmatch(r"[0-9a-fA-F]*", digits):
        raise ValidationError(_("Write the bytes in hexadecimal: digits 0–9 and A–F."), code="hex")
    if len(digits) % 2:
        raise ValidationError(
            ngettext(
                "Two digits make a byte; one is missing or too many (%(count)d digit).",
                "Two digits make a byte; one is missing or too many (%(count)d digits).",
                len(digits),
            )
            % {"count": len(digits)},
            code="odd",
        )
    return checked(bytes.fromhex(digits))


def bytes_of_base64(text: str) -> bytes:
    """Bytes written in base64; raises ``ValidationError``."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    try:
        data = base64.b64decode(plain.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError(_("This is not base64."), code="base64") from None
    return checked(data)


def checked(data: bytes) -> bytes:
    """``data`` if it can be sent at all; raises ``ValidationError``."""
    if not data:
        raise ValidationError(_("Give at least one byte."), code="empty")
    if len(data) > MOST_BYTES:
        raise ValidationError(
            _("These are %(count)d bytes. A downlink carries %(most)d at most, far away fewer.")
            % {"count": len(data), "most": MOST_BYTES},
            code="long",
        )
    return data


def spaced(data: bytes) -> str:
    """Bytes as people read them: ``01 FF``."""
    return data.hex(" ").upper()


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """The day in Japan that holds ``now``: its beginning and the next one's."""
    start = datetime.combine(clock.local_date(now), time.min, tzinfo=clock.TOKYO)
    return start, start + timedelta(days=1)
