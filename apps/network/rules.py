"""Pure rules of the network: addresses of servers, files of gateways, what hearing means."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.clock import TOKYO
from apps.core.mesh import quarter_code, quarter_corner
from apps.core.text import clean_line
from apps.core.validators import clean_hex

_HOST: Final = re.compile(r"^(?:[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?|\[[0-9a-f:]+\]):(\d{1,5})$")
#: Columns of a file of gateways: our name, what a Japanese file may say.
COLUMNS: Final = {
    "gateway_id": "ゲートウェイID",
    "name": "名称",
    "place_name": "設置場所",
    "latitude": "緯度",
    "longitude": "経度",
    "height_m": "アンテナの高さ(m)",
}
MOST_ROWS: Final = 1000


def clean_address(value: str) -> str:
    """``host:port`` of a server's API, in lower case; raises ``ValidationError``."""
    text = clean_line(value).lower()
    found = _HOST.match(text)
    if found is None or not 1 <= int(found[1]) <= 65535:
        raise ValidationError(
            _("Write host and port without “https://”, for example chirpstack.example.jp:8080."),
            code="address",
        )
    return text


def clean_token(value: str) -> str:
    """A token as it goes into a header; raises ``ValidationError`` without repeating it."""
    text = value.strip()
    if text.lower().startswith("bearer "):
        text = text[7:].strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValidationError(_("This is no token: copy it again, whole and without spaces."), code="token")
    return text


@dataclass(frozen=True)
class GatewayRow:
    """A line of a file; ``line`` as a spreadsheet counts. With ``faults`` it cannot be taken."""

    line: int
    gateway_id: str
    name: str
    place_name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    height_m: float | None = None
    faults: tuple[str, ...] = ()


def file_text(content: bytes) -> str:
    """The text of a CSV file: UTF-8, or what Excel writes in Japan; raises ``ValidationError``."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("The file is no text. Save it as CSV (UTF-8)."), code="encoding")


def read_gateways(text: str) -> list[GatewayRow]:
    """The lines of a CSV ``text``; raises ``ValidationError`` when it is no such file at all."""
    if "\0" in text:
        raise ValidationError(_("The file is no text. Save it as CSV (UTF-8)."), code="encoding")
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    except csv.Error:
        raise ValidationError(_("The file is no CSV. Start from the template."), code="csv") from None
    names = [_column(cell) for cell in lines[0]] if lines else []
    if not {"gateway_id", "name"} <= set(names):
        raise ValidationError(
            _("The first line must name the columns. Start from the template."), code="columns"
        )
    filled = [(n, cells) for n, cells in enumerate(lines[1:], start=2) if any(c.strip() for c in cells)]
    if not filled:
        raise ValidationError(_("The file has no gateway."), code="empty")
    if len(filled) > MOST_ROWS:
        raise ValidationError(
            _("The file has more than %(most)d gateways."), code="rows", params={"most": MOST_ROWS}
        )
    seen: set[str] = set()
    return [_row(number, dict(zip(names, cells, strict=False)), seen) for number, cells in filled]


def _column(cell: str) -> str:
    name = clean_line(cell).lower()
    return next((key for key, label in COLUMNS.items() if name in (key, clean_line(label).lower())), "")


def _row(line: int, cells: dict[str, str], seen: set[str]) -> GatewayRow:
    faults: list[str] = []
    raw = cells.get("gateway_id", "")
    try:
        gateway_id = clean_hex(raw, 16, _("The gateway ID"))
    except ValidationError as error:
        gateway_id = clean_line(raw)[:40]
        faults.append(" ".join(error.messages))
    if gateway_id in seen:
        faults.append(_("This gateway ID stands in the file twice."))
    seen.add(gateway_id)
    # A leading apostrophe is the guard of our own exports.
    name, place_name = (clean_line(cells.get(key, "").removeprefix("'")) for key in ("name", "place_name"))
    if not name:
        faults.append(_("The name is missing."))
    if len(name) > 120 or len(place_name) > 200:
        faults.append(_("The name or the place is too long."))
    latitude, longitude, height = (
        _number(cells.get(key, ""), faults) for key in ("latitude", "longitude", "height_m")
    )
    faults.extend(_place_faults(latitude, longitude))
    if height is not None and not 0 <= height <= 1000:
        faults.append(_("The height must lie between 0 and 1,000 m."))
    return GatewayRow(line, gateway_id, name, place_name, latitude, longitude, height, tuple(faults))


def _number(cell: str, faults: list[str]) -> float | None:
    text = clean_line(cell)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        faults.append(_("“%(text)s” is no number.") % {"text": text[:20]})
        return None
    return round(value, 6)


def _place_faults(latitude: float | None, longitude: float | None) -> list[str]:
    if (latitude is None) != (longitude is None):
        return [_("Latitude and longitude are given together or not at all.")]
    if latitude is None or longitude is None:
        return []
    if abs(latitude) > 90 and abs(longitude) <= 90:
        return [_("Latitude and longitude are swapped.")]
    if abs(latitude) > 90 or abs(longitude) > 180:
        return [_("This is no place on earth.")]
    return []


#: A square is told to the public from so many uplinks on: fewer prove little, and could show where
#: somebody was (docs/decisions).
ENOUGH: Final = 20
#: From here on a signal has 20 dB to spare over what a gateway can still read at SF10, for walls and rain.
GOOD_RSSI: Final = -110
#: Days over which a gateway's hours are counted.
HEARD_DAYS: Final = 7
_LATE, _SILENT = timedelta(hours=2), timedelta(hours=24)
_PLACE: Final = re.compile(r"^(-?\d{1,3}(?:\.\d{1,12})?)[°]?\s*[, ]\s*(-?\d{1,3}(?:\.\d{1,12})?)[°]?$")


def reach_of(*, observations: int, best_rssi: int | None) -> str:
    """A state of the family ``reach``: ``good``, ``weak`` or ``unknown``."""
    if not observations:
        return "unknown"
    return "good" if best_rssi is not None and best_rssi >= GOOD_RSSI else "weak"


def hearing_of(*, last_seen_at: datetime | None, removed: bool, now: datetime) -> str:
    """A state of the family ``gateway``: ``ok`` within 2 hours, ``late`` within a day, else ``silent``."""
    if removed:
        return "removed"
    if last_seen_at is None:
        return "never"
    silence = now - last_seen_at
    return "ok" if silence <= _LATE else "late" if silence <= _SILENT else "silent"


def hours_heard(days: Iterable[tuple[date, int]], *, now: datetime) -> tuple[int, int]:
    """In how many of the last whole hours something was heard, and of how many: 7 days at most.

    ``days``: a day in Japan and its hours as bits. The count begins with the first hour heard; the
    running hour counts only once it was heard in.
    """
    this = now.astimezone(TOKYO).replace(minute=0, second=0, microsecond=0)
    first = this - timedelta(days=HEARD_DAYS)
    heard = {
        moment
        for day, bits in days
        for hour in range(24)
        if bits >> hour & 1
        and first <= (moment := datetime(day.year, day.month, day.day, hour, tzinfo=TOKYO)) <= this
    }
    if not heard:
        return 0, 0
    whole = int((this - min(heard)) / timedelta(hours=1)) + (this in heard)
    return len(heard), whole


def square_asked(text: str) -> str:
    """The square that ``text`` names: a mesh code of 8 or 10 digits, or latitude and longitude.

    Empty when it is neither; raises ``ValidationError`` when it looks like one and is none.
    """
    words = unicodedata.normalize("NFKC", text).strip()
    digits = re.sub(r"[\s-]", "", words)
    if digits.isdigit() and digits.isascii() and len(digits) >= 4:
        try:
            quarter_corner(digits if len(digits) == 10 else f"{digits}11")
        except ValueError:
            raise ValidationError(
                _("A mesh code has 8 digits (1 km) or 10 digits (250 m), for example 5537-01-47-1-1."),
                code="mesh",
            ) from None
        return digits
    found = _PLACE.match(words)
    return square_at(float(found[1]), float(found[2])) if found else ""


def square_at(latitude: float, longitude: float) -> str:
    """The 250 m square of a place; raises ``ValidationError`` outside Japan's grid."""
    try:
        return quarter_code(latitude, longitude)
    except ValueError:
        words = _("This place is outside Japan. Write latitude first, for example 36.701, 137.214.")
        raise ValidationError(words, code="place") from None
