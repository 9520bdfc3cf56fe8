"""Pure rules of devices."""

from __future__ import annotations

from apps.devices.rules.identifiers import (
    EUI_DIGITS,
    KEY_DIGITS,
    app_key_decrypt,
    app_key_encrypt,
    clean_app_key,
    clean_dev_eui,
    clean_join_eui,
    clean_nwk_key,
)

__all__ = [
    "EUI_DIGITS",
    "KEY_DIGITS",
    "app_key_decrypt",
    "app_key_encrypt",
    "clean_app_key",
    "clean_dev_eui",
    "clean_join_eui",
    "clean_nwk_key",
]
