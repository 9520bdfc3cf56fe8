"""A CSV file of devices as spreadsheets write it: its rows, and what is wrong in each."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.core.text import clean_line
from apps.devices.rules.identifiers import EUI_DIGITS, KEY_DIGITS
from apps.devices.rules.tr005 import read_label

MOST_ROWS = 500
MOST_BYTES = 500 * 1024
MOST_CELL = 1000

#: The columns: English and Japanese heading. The first four are needed.
COLUMNS: Mapping[str, tuple[str, str]] = {
    "name": ("Name", "名前"),
    "dev_eui": ("DevEUI", "DevEUI"),
    "join_eui": ("JoinEUI", "JoinEUI"),
    "app_key": ("AppKey", "AppKey"),
    "nwk_key": ("NwkKey", "NwkKey"),
    "model": ("Model", "機種"),
    "serial_number": ("Serial number", "製造番号"),
    "conformity_number": ("Conformity number", "技適番号"),
    "place_name": ("Place", "場所"),
    "latitude": ("Latitude", "緯度"),
    "longitude": ("Longitude", "経度"),
    "qr": ("QR text", "QRの文字"),
}
_ALIASES = {
    "appeui": "join_eui",
    "joineuiappeui": "join_eui",
    "deviceeui": "dev_eui",
    "device": "name",
    "名称": "name",
    "機器名": "name",
    "設置場所": "place_name",
    "lat": "latitude",
    "lng": "longitude",
    "lon": "longitude",
    "serial": "serial_number",
    "シリアル番号": "serial_number",
    "技術基準適合証明番号": "conformity_number",
    "型番": "model",
    "qr": "qr",
}
#: What the template's own line says; it is passed over when it is left in a file.
SAMPLE_EUI = "0123456789abcdef"
SAMPLE = {
    "dev_eui": "01-23-45-67-89-AB-CD-EF",
    "join_eui": "00-00-00-00-00-00-00-00",
    "app_key": "0123456789ABCDEF0123456789ABCDEF",
    "latitude": "36.6953",
    "longitude": "137.2113",
}
KEY_FIELDS = ("app_key", "nwk_key")
_DIGITS = {"dev_eui": EUI_DIGITS, "join_eui": EUI_DIGITS, "app_key": KEY_DIGITS, "nwk_key": KEY_DIGITS}
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E[+-]?\d{1,3}", re.IGNORECASE)


@dataclass(frozen=True)
class SheetRow:
    """A line of the file (as a text editor counts lines of data) and its cells as typed, by column."""

    line: int
    values: dict[str, str] = field(repr=False)


def _heading(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold()


_HEADINGS = {
    **{_heading(name): code for code, names in COLUMNS.items() for name in (code, *names)},
    **_ALIASES,
}


@sensitive_variables()
def file_text(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 (Excel's “Unicode text”) or Shift_JIS; ``ValidationError`` else."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        names: tuple[str, ...] = ("utf-16",)
    else:
        names = ("utf-8-sig", "cp932")
    if content.startswith(b"PK\x03\x04"):
        raise ValidationError(
            _("This is an Excel workbook. Save it as CSV and choose that file."), code="xlsx"
        )
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValidationError(
        _("The characters of this file cannot be read. In Excel save it as “CSV UTF-8”."), code="characters"
    )


@sensitive_variables()
def read_sheet(content: bytes) -> list[SheetRow]:
    """The rows of a file, without empty lines and the template's own; raises ``ValidationError``."""
    if len(content) > MOST_BYTES:
        raise ValidationError(
            _("The file is larger than 500 KB. Up to 500 devices fit at once."), code="size"
        )
    lines = _lines(file_text(content))
    if not lines:
        raise ValidationError(_("The file is empty. Start from the template."), code="empty")
    columns = _columns(lines[0][1])
    rows = []
    for number, cells in lines[1:]:
        values = {code: _unwrapped(cells[at]) if at < len(cells) else "" for code, at in columns.items()}
        values["extra"] = "1" if any(cell.strip() for cell in cells[len(lines[0][1]) :]) else ""
        if any(values.values()) and not _is_sample(values):
            rows.append(SheetRow(number, values))
    if not rows:
        raise ValidationError(_("There is no device in this file, only headings."), code="no_rows")
    if len(rows) > MOST_ROWS:
        raise ValidationError(
            _("This file has %(count)d devices. Up to %(most)d are taken at once: make two files of it."),
            code="rows",
            params={"count": len(rows), "most": MOST_ROWS},
        )
    return rows


@sensitive_variables()
def _lines(text: str) -> list[tuple[int, list[str]]]:
    """The lines with something in them, numbered as in the file."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, cells))
            if len(found) > 10 * MOST_ROWS:
                break
    except csv.Error:
        raise ValidationError(_("The file is no CSV. Start from the template."), code="csv") from None
    return found


def _columns(headings: list[str]) -> dict[str, int]:
    """Where each column stands; raises ``ValidationError`` when one is missing or stands twice."""
    found: dict[str, int] = {}
    for at, heading in enumerate(headings):
        code = _HEADINGS.get(_heading(heading))
        if code is None:
            continue
        if code in found:
            name = COLUMNS[code][0]
            raise ValidationError(
                _("The column “%(name)s” stands in the file twice."), code="twice", params={"name": name}
            )
        found[code] = at
    needed = ("name", "app_key") if "qr" in found else ("name", "dev_eui", "join_eui", "app_key")
    missing = [column_name(code) for code in needed if code not in found]
    if missing:
        raise ValidationError(
            _("The first line must name the columns. Missing: %(names)s. Start from the template."),
            code="columns",
            params={"names": ", ".join(missing)},
        )
    return found


def column_name(code: str) -> str:
    """A column's heading in the language of the moment."""
    names = {
        "name": _("Name"),
        "model": _("Model"),
        "serial_number": _("Serial number"),
        "conformity_number": _("Technical conformity number"),
        "place_name": _("Place"),
        "latitude": _("Latitude"),
        "longitude": _("Longitude"),
        "qr": _("QR text"),
    }
    return names.get(code, COLUMNS[code][0])


@sensitive_variables()
def _unwrapped(cell: str) -> str:
    """A cell without what spreadsheets put round text: ``="0011"`` and a leading apostrophe."""
    text = clean_line(cell)[:MOST_CELL]
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip()


def _is_sample(values: Mapping[str, str]) -> bool:
    return re.sub(r"[\s:-]", "", values.get("dev_eui", "")).lower() == SAMPLE_EUI


@sensitive_variables()
def with_label(values: Mapping[str, str]) -> dict[str, str]:
    """``values`` with what the QR text says, where the columns say nothing; ``profile_id`` is added."""
    text = values.get("qr", "")
    if not text:
        return dict(values)
    label = read_label(text)
    told = {
        "join_eui": label.join_eui,
        "dev_eui": label.dev_eui,
        "serial_number": label.serial_number,
        "profile_id": label.profile_id,
    }
    return {**values, **{name: values.get(name) or text for name, text in told.items()}}


@sensitive_variables()
def clean_identifier(code: str, value: str, clean: Callable[[str], str]) -> str:
    """An identifier from a cell, by ``clean``; what a spreadsheet did to it is told in words."""
    text = unicodedata.normalize("NFKC", value).strip()
    digits = _DIGITS[code]
    if not text:
        raise ValidationError(_("This cell is empty."), code="empty")
    if code == "join_eui" and not text.strip("0"):
        return "0" * digits  # a spreadsheet makes 0 of sixteen zeros; nothing else can be meant
    if _ROUNDED.fullmatch(text) and len(text) != digits:
        raise ValidationError(
            _(
                "The spreadsheet made a rounded number of it (%(value)s), digits are lost. Format the column "
                "as text and copy it again."
            )
            if code not in KEY_FIELDS
            else _(
                "The spreadsheet made a rounded number of it, digits are lost. Format the column as text and "
                "copy it again."
            ),
            code="rounded",
            params={} if code in KEY_FIELDS else {"value": text[:30]},
        )
    try:
        return clean(text)
    except ValidationError as error:
        if error.code == "short" and text.isdigit():
            hint = _("Spreadsheets drop zeros at the front: format the column as text and copy it again.")
            raise ValidationError([error, ValidationError(hint, code="zeros_lost")]) from None
        raise


def clean_degrees(values: Mapping[str, str]) -> tuple[float | None, float | None, dict[str, list[str]]]:
    """Latitude and longitude of a row, both or none, and what is wrong with them."""
    found: dict[str, float | None] = {}
    wrong: dict[str, list[str]] = {}
    for name, most in (("latitude", 85.0), ("longitude", 180.0)):
        text = unicodedata.normalize("NFKC", values.get(name, "")).strip()
        found[name] = None
        if not text:
            continue
        if not re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{1,15})?", text) or abs(float(text)) > most:
            wrong[name] = [_("Write degrees such as 36.6953.")]
            continue
        found[name] = float(text)
    latitude, longitude = found["latitude"], found["longitude"]
    if not wrong and (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        wrong[missing] = [_("Give both latitude and longitude, or neither.")]
    return latitude, longitude, wrong


def repeated(lines: Mapping[str, int], dev_eui: str) -> list[str]:
    """The fault of a DevEUI that stood in an earlier line, if it did."""
    line = lines.get(dev_eui)
    return [_("The same DevEUI stands in line %(line)d.") % {"line": line}] if line else []
