"""Identifiers of devices, their root keys, and the encryption of these."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.core.sealing import seal, unseal
from apps.core.validators import clean_hex

EUI_DIGITS = 16
KEY_DIGITS = 32

#: Keys that stand in examples, or that a maker ships in every device: they protect nothing.
_KNOWN_KEYS = frozenset(
    {
        "2b7e151628aed2a6abf7158809cf4f3c",  # the example of the AES standard, in much sample firmware
        "5572404c696e6b4c6f52613230313823",  # one maker's default
        "00112233445566778899aabbccddeeff",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdeffedcba9876543210",
        "000102030405060708090a0b0c0d0e0f",
        "0102030405060708090a0b0c0d0e0f10",
        "ffeeddccbbaa99887766554433221100",
        "deadbeefdeadbeefdeadbeefdeadbeef",
    }
)


def clean_dev_eui(value: str) -> str:
    """A DevEUI as 16 lower-case digits; raises ``ValidationError``. All zeros is nobody's address."""
    text = clean_hex(value, EUI_DIGITS, "DevEUI")
    if not text.strip("0"):
        raise ValidationError(
            _("A DevEUI of zeros belongs to no device. Copy it from the label."), code="zeros"
        )
    return text


def clean_join_eui(value: str) -> str:
    """A JoinEUI (AppEUI) as 16 lower-case digits; zeros are allowed, some makers ship them."""
    return clean_hex(value, EUI_DIGITS, "JoinEUI")


@sensitive_variables()
def clean_app_key(value: str) -> str:
    """An AppKey as 32 lower-case digits; raises ``ValidationError``.

    A key of zeros is refused: a LoRaWAN server takes an empty key for it, and every join then fails.
    So is one that everybody knows.
    """
    text = clean_hex(value, KEY_DIGITS, "AppKey")
    if not text.strip("0"):
        raise ValidationError(
            _("An AppKey of zeros protects nothing. Use the device’s own key."), code="zeros"
        )
    _refuse_default(text, "AppKey")
    return text


@sensitive_variables()
def clean_nwk_key(value: str) -> str:
    """A NwkKey (LoRaWAN 1.1) like an AppKey."""
    text = clean_hex(value, KEY_DIGITS, "NwkKey")
    _refuse_default(text, "NwkKey")
    return text


@sensitive_variables()
def _refuse_default(text: str, name: str) -> None:
    repeated = any(text == text[:size] * (KEY_DIGITS // size) for size in (1, 2, 4))
    if repeated or text in _KNOWN_KEYS:
        raise ValidationError(
            _("Everybody knows this %(name)s: an example or a maker’s default. Give the device its own."),
            code="default",
            params={"name": name},
        )


@sensitive_variables()
def app_key_encrypt(app_key: str, secrets: Sequence[str]) -> bytes:
    """The AppKey encrypted under the newest of ``secrets`` (Fernet keys, newest first)."""
    return seal(bytes.fromhex(app_key), secrets)


@sensitive_variables()
def app_key_decrypt(encrypted: bytes, secrets: Sequence[str]) -> str:
    """The AppKey again, for provisioning only; raises ``cryptography.fernet.InvalidToken``."""
    return unseal(encrypted, secrets).hex()
