"""Signatures of Standard Webhooks: HMAC-SHA256 over ``id.timestamp.body``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from datetime import datetime
from typing import Final

PREFIX: Final = "whsec_"
_BYTES: Final = 32


def secret_make() -> str:
    """A new secret as the receiver keeps it: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(os.urandom(_BYTES)).decode()


def signature(secret: str, identity: str, seconds: int, body: bytes) -> str:
    """``v1,<base64>`` under ``secret``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{identity}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed_headers(secrets: Iterable[str], identity: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a message; while a secret is being replaced each of ``secrets`` signs."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signature(secret, identity, seconds, body) for secret in secrets),
    }
