"""Secrets that the portal must be able to read again: encrypted under keys that can be changed."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet
from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def seal(content: bytes, secrets: Sequence[str]) -> bytes:
    """``content`` encrypted under the newest of ``secrets`` (Fernet keys, newest first)."""
    return MultiFernet([Fernet(secret) for secret in secrets]).encrypt(content)


@sensitive_variables()
def unseal(sealed: bytes, secrets: Sequence[str]) -> bytes:
    """What was sealed under any of ``secrets``; raises ``cryptography.fernet.InvalidToken``."""
    return MultiFernet([Fernet(secret) for secret in secrets]).decrypt(bytes(sealed))
