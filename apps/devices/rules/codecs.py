"""Payloads as people type them, and how an output differs from what was expected. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Bytes of one LoRaWAN payload at most, in any region.
PAYLOAD_MOST: Final = 242
#: Characters of a codec at most, as in The Things Stack.
SCRIPT_MOST: Final = 40960
_HEX: Final = re.compile(r"(?:0x|\\x|[\s:,;-])+", re.IGNORECASE)
_DIFFERENCES_MOST: Final = 20
_MISSING: Final = object()


def payload_of(text: str) -> bytes:
    """The bytes of ``text``: hexadecimal (spaces, ``0x``, colons, either case) or else base64.

    What may be either (``ABCD``) is hexadecimal. Raises ``ValidationError``.
    """
    wide = unicodedata.normalize("NFKC", text).strip()
    digits = _HEX.sub("", wide)
    if not digits:
        return b""
    if not re.fullmatch(r"[0-9a-fA-F]*", digits):
        found = _base64(wide)
    elif len(digits) % 2 == 0:
        found = bytes.fromhex(digits)
    else:
        found = _base64(wide) if len(digits) == len(wide) and len(wide) % 4 == 0 else None
        if found is None:
            raise ValidationError(_("An odd number of hexadecimal digits: one is missing."), code="odd")
    if found is None:
        raise ValidationError(
            _("Neither hexadecimal digits nor base64. Example: 01 2C 00 or ASwA."), code="payload"
        )
    if len(found) > PAYLOAD_MOST:
        raise ValidationError(
            _("%(count)d bytes: a LoRaWAN payload has %(most)d at most."),
            code="long",
            params={"count": len(found), "most": PAYLOAD_MOST},
        )
    return found


def _base64(text: str) -> bytes | None:
    letters = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def name_of(script: str) -> str:
    """A name for a text that is no version yet, so that a child tells it from another."""
    return hashlib.sha256(script.encode("utf-8", "surrogatepass")).hexdigest()


def clean_script(script: str) -> str:
    """``script`` with plain line ends; raises ``ValidationError`` for what cannot be kept."""
    text = script.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise ValidationError(_("The text holds a character that cannot be kept (NUL)."), code="nul")
    if len(text) > SCRIPT_MOST:
        raise ValidationError(
            _("The codec has %(count)d characters, %(most)d at most."),
            code="long",
            params={"count": len(text), "most": SCRIPT_MOST},
        )
    if not text.strip():
        raise ValidationError(_("Enter the codec."), code="required")
    return text


@dataclass(frozen=True)
class Difference:
    """At ``path`` (``data.level``) stood another value; None: nothing stood there."""

    path: str
    expected: Any = None
    got: Any = None
    missing: bool = False
    surplus: bool = False


def differences(expected: Any, got: Any, path: str = "") -> list[Difference]:
    """Where ``got`` differs from ``expected``, both plain JSON. 1 and 1.0 are the same, as in JavaScript."""
    found = []
    for difference in _walk(expected, got, path):
        found.append(difference)
        if len(found) == _DIFFERENCES_MOST:
            break
    return found


def _walk(expected: Any, got: Any, path: str) -> Iterator[Difference]:
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            place = f"{path}.{name}" if path else str(name)
            yield from _walk(expected.get(name, _MISSING), got.get(name, _MISSING), place)
    elif isinstance(expected, list) and isinstance(got, list):
        for number in range(max(len(expected), len(got))):
            one = expected[number] if number < len(expected) else _MISSING
            other = got[number] if number < len(got) else _MISSING
            yield from _walk(one, other, f"{path}[{number}]")
    elif expected is _MISSING:
        yield Difference(path, got=got, surplus=True)
    elif got is _MISSING:
        yield Difference(path, expected=expected, missing=True)
    elif not same(expected, got):
        yield Difference(path, expected=expected, got=got)


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same for a reader: numbers within what a double can tell."""
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    if numbers and not isinstance(one, bool) and not isinstance(other, bool):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return type(one) is type(other) and bool(one == other)
