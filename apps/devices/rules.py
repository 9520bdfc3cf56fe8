"""Pure rules of devices: their identifiers and the encryption of their root key."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.core.sealing import seal, unseal
from apps.core.validators import clean_hex

EUI_DIGITS = 16
KEY_DIGITS = 32


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
    """
    text = clean_hex(value, KEY_DIGITS, "AppKey")
    if not text.strip("0"):
        raise ValidationError(
            _("An AppKey of zeros protects nothing. Use the device’s own key."), code="zeros"
        )
    return text


@sensitive_variables()
def app_key_encrypt(app_key: str, secrets: Sequence[str]) -> bytes:
    """The AppKey encrypted under the newest of ``secrets`` (Fernet keys, newest first)."""
    return seal(bytes.fromhex(app_key), secrets)


@sensitive_variables()
def app_key_decrypt(encrypted: bytes, secrets: Sequence[str]) -> str:
    """The AppKey again, for provisioning only; raises ``cryptography.fernet.InvalidToken``."""
    return unseal(encrypted, secrets).hex()
