"""The form of an API key, without database or settings.

``<kind>_<lookup 8>_<secret 32><checksum 6>``, all base62 behind the first sign. ``mty`` is a key of
an organization (all keys made before there were kinds), ``mtyd`` one of the docs page, ``mtyp`` a
person's. The lookup part finds the row and is shown in lists; the checksum (CRC-32 of what stands
before it) lets a scanner recognise a leaked key and lets us refuse a mistyped one without asking the
database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib

PREFIX = "mty"
#: What a key of each kind begins with.
PREFIXES = {"organization": PREFIX, "docs": f"{PREFIX}d", "personal": f"{PREFIX}p"}
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
LOOKUP_LENGTH = 8
SECRET_LENGTH = 32
_CHECKSUM_LENGTH = 6
_FORM = re.compile(
    rf"{PREFIX}[dp]?_[0-9A-Za-z]{{{LOOKUP_LENGTH}}}_[0-9A-Za-z]{{{SECRET_LENGTH + _CHECKSUM_LENGTH}}}"
)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def checksum(text: str) -> str:
    """Six base62 digits of the CRC-32 of ``text``."""
    return _base62(zlib.crc32(text.encode("ascii")), _CHECKSUM_LENGTH)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def token_make(kind: str = "organization") -> tuple[str, str]:
    """A new key of ``kind``: (lookup part, the whole key). The secret part holds 190 bits."""
    lookup = _random(LOOKUP_LENGTH)
    body = f"{PREFIXES[kind]}_{lookup}_{_random(SECRET_LENGTH)}"
    return lookup, body + checksum(body)


def token_lookup(token: str) -> str | None:
    """The lookup part of a well-formed key; None when its form or checksum is wrong."""
    if not _FORM.fullmatch(token):
        return None
    body, given = token[:-_CHECKSUM_LENGTH], token[-_CHECKSUM_LENGTH:]
    return token.split("_")[1] if checksum(body) == given else None


def token_digest(token: str, secret: str) -> str:
    """HMAC-SHA256 of the whole key under the server's own ``secret``, in hexadecimal."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def digest_equal(left: str, right: str) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def secret_mark(secret: str) -> str:
    """Eight hexadecimal digits by which a row tells under which ``secret`` its digest was made."""
    return hashlib.sha256(b"machitry-api-key-secret:" + secret.encode()).hexdigest()[:8]


def token_within(text: str) -> str | None:
    """The first whole key that stands somewhere in ``text``, for example in an address."""
    if PREFIX not in text:
        return None
    return next((found for found in _FORM.findall(text) if token_lookup(found)), None)


def holds_token(text: str) -> bool:
    """Whether a whole key stands somewhere in ``text``."""
    return token_within(text) is not None
