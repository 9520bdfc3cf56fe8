"""The text of the QR code on a LoRaWAN device (LoRa Alliance TR005).

``LW:D0:<JoinEUI>:<DevEUI>:<ProfileID>`` and then, in any order, ``:O<owner token>``, ``:S<serial number>``,
``:P<maker's own>``, ``:C<checksum>``. ProfileID is VendorID and VendorProfileID, four digits each. The
checksum is CRC-16 (polynomial 0x8005 reflected, start 0xFFFF) over the text before ``:C``. A root key
is never in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.text import clean_line
from apps.devices.rules.identifiers import clean_dev_eui, clean_join_eui

MOST_CHARACTERS = 1000
_PROFILE = re.compile(r"[0-9A-F]{8}")


@dataclass(frozen=True)
class Label:
    """What a label says. ``profile_id`` is VendorID and VendorProfileID, 8 upper-case digits."""

    join_eui: str
    dev_eui: str
    profile_id: str
    serial_number: str = ""


def label_checksum(text: str) -> str:
    """The checksum of ``text`` (everything before ``:C``) as four upper-case digits."""
    rest = 0xFFFF
    for byte in text.encode("utf-8"):
        rest ^= byte
        for _bit in range(8):
            rest = (rest >> 1) ^ 0xA001 if rest & 1 else rest >> 1
    return f"{rest:04X}"


def read_label(value: str) -> Label:
    """The parts of a TR005 text as scanned or pasted; raises ``ValidationError`` in words."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", clean_line(value[:MOST_CHARACTERS])))
    if not text:
        raise ValidationError(_("Paste or scan the QR text first."), code="empty")
    parts = text.split(":")
    if parts[0].upper() != "LW":
        raise ValidationError(
            _("This is not the LoRaWAN QR text. It begins with LW:D0. A label may carry other codes too."),
            code="other",
        )
    if len(parts) < 5:
        raise ValidationError(_("The QR text is cut off. Copy or scan all of it again."), code="short")
    if parts[1].upper() != "D0":
        raise ValidationError(
            _("This QR text is of edition %(name)s, not D0. Please type the values from the label."),
            code="schema",
            params={"name": parts[1][:10]},
        )
    more = _extensions(text, parts[5:])
    join_eui, dev_eui = clean_join_eui(parts[2]), clean_dev_eui(parts[3])
    profile = parts[4].upper()
    if not _PROFILE.fullmatch(profile):
        raise ValidationError(_("The profile in the QR text has 8 digits of 0–9 and A–F."), code="profile")
    return Label(join_eui, dev_eui, profile, more.get("S", "")[:64])


def _extensions(text: str, parts: list[str]) -> dict[str, str]:
    """What follows the fixed parts, by its letter; unknown letters are passed over, as the standard asks."""
    found: dict[str, str] = {}
    for part in parts:
        letter = part[:1].upper()
        if letter in found and letter in "OSPC":
            raise ValidationError(_("A part of the QR text stands in it twice. Scan it again."), code="twice")
        found[letter] = part[1:]
    if "C" in found:
        told = found["C"].upper()
        before = text[: len(text) - len(told) - 2]
        if not parts[-1].upper().startswith("C") or label_checksum(before) != told:
            raise ValidationError(
                _("A character of the QR text is wrong: its checksum does not fit. Scan it again."),
                code="checksum",
            )
    return found
