"""What a person typed, made comparable without changing what it says."""

from __future__ import annotations

import re
import unicodedata

#: Controls (but tab and line feed), bidirectional marks and other characters that only deceive the eye.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


#: What no text column and no page can hold.
_UNKEPT = re.compile("[\u0000\ud800-\udfff]")


def kept_text(value: str) -> str:
    """``value`` as it was typed, for a draft: every space stays; line ends are LF."""
    return _UNKEPT.sub("", re.sub("\r\n?", "\n", value))


def kept_line(value: str) -> str:
    """Like ``kept_text``, on one line: a line end becomes a space, as no input of one line has any."""
    return kept_text(value).replace("\n", " ")


def clean_text(value: str) -> str:
    """``value`` in NFC, with LF line ends, without control and direction marks, trimmed.

    Full-width letters, emoji and unknown kanji stay as they are.
    """
    value = unicodedata.normalize("NFC", re.sub("\r\n?|[\u2028\u2029]", "\n", value))
    return _INVISIBLE.sub("", value).strip()


def clean_line(value: str) -> str:
    """Like ``clean_text``, on one line: runs of white space become one space."""
    return re.sub(r"\s+", " ", clean_text(value))


def clean_code(value: str) -> str:
    """A number, DevEUI or postcode as typed, in NFKC without spaces and hyphens."""
    value = unicodedata.normalize("NFKC", clean_text(value))
    return re.sub(r"[\s\-\u2010-\u2015\u2212\u30fc:]", "", value)
