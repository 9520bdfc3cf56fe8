"""Every uplink of a device as it came: pages after (time, deduplication id), newest first."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.devices.models import Device
from apps.telemetry.models import Uplink
from apps.telemetry.selectors.sight import uplinks_of

#: Rows of a page.
ROWS = 50


@dataclass(frozen=True)
class FramePage:
    """``older`` is the cursor of the next page, empty on the last."""

    frames: list[Uplink]
    older: str


def frames_page(device: Device, cursor: str = "", rows: int = ROWS) -> FramePage:
    """A page of uplinks. One query; raises ``NotFound`` for a cursor that is none of ours."""
    uplinks = uplinks_of(device)
    if cursor:
        time, identity = _read(cursor)
        earlier = Q(time__lt=time) | Q(time=time, deduplication_id__lt=identity)
        uplinks = uplinks.filter(earlier, time__lte=time)
    found = list(uplinks.order_by("-time", "-deduplication_id")[: rows + 1])
    last = found[rows - 1] if len(found) > rows else None
    return FramePage(found[:rows], _write(last) if last else "")


def _write(uplink: Uplink) -> str:
    text = f"{uplink.time.isoformat()}|{uplink.deduplication_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        time, _bar, identity = text.partition("|")
        moment = datetime.fromisoformat(time)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment, uuid.UUID(identity)
    except (ValueError, binascii.Error):
        raise NotFound(_("This page does not exist.")) from None
