"""Checks of Japanese and LoRaWAN identifiers. Each raises ``ValidationError`` with what to mend."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.text import clean_code


def corporate_number_check_digit(base: str) -> int:
    """The first digit of a corporate number (法人番号) for its 12-digit ``base``.

    9 − (Σ Pn·Qn mod 9), n from the right, Q = 1 for odd and 2 for even n (National Tax Agency).
    """
    total = sum(int(digit) * (1 if n % 2 else 2) for n, digit in enumerate(reversed(base), start=1))
    return 9 - total % 9


def clean_corporate_number(value: str) -> str:
    """The 13 digits of ``value`` (full-width, spaces and hyphens accepted); raises ``ValidationError``."""
    digits = clean_code(value)
    if not digits.isascii() or not digits.isdigit():
        raise ValidationError(_("A corporate number has digits only."), code="digits")
    if len(digits) != 13:
        raise ValidationError(
            ngettext(
                "A corporate number has 13 digits. That is %(count)d digit.",
                "A corporate number has 13 digits. That is %(count)d digits.",
                len(digits),
            ),
            code="length",
            params={"count": len(digits)},
        )
    if int(digits[0]) != corporate_number_check_digit(digits[1:]):
        raise ValidationError(
            _("This corporate number does not add up. Please check each digit against your records."),
            code="check_digit",
        )
    return digits


def clean_hex(value: str, digits: int, name: str) -> str:
    """``value`` as ``digits`` lower-case hexadecimal digits; raises ``ValidationError``."""
    text = clean_code(value).lower()
    if not re.fullmatch(r"[0-9a-f]*", text):
        raise ValidationError(_("%(name)s has only 0–9 and A–F."), code="hex", params={"name": name})
    missing = digits - len(text)
    if missing > 0:
        message = ngettext(
            "That is %(count)d digits. %(missing)d is missing.",
            "That is %(count)d digits. %(missing)d are missing.",
            missing,
        )
        raise ValidationError(message, code="short", params={"count": len(text), "missing": missing})
    if missing < 0:
        message = ngettext(
            "That is %(count)d digits. %(surplus)d is too many.",
            "That is %(count)d digits. %(surplus)d are too many.",
            -missing,
        )
        raise ValidationError(message, code="long", params={"count": len(text), "surplus": -missing})
    return text
