"""How often someone may do a thing that needs no account."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import caches

#: While Redis is away the database counts, empty at first: so much less is allowed.
_DEGRADED_SHARE = 4


def rate_hit(*, name: str, who: str, limit: int, seconds: int) -> bool:
    """Count one act ``name`` of ``who`` (an address, a number); False when it is one too many.

    Fixed windows of ``seconds``. ``who`` is kept only as a hash. While Redis is away a quarter of
    ``limit`` is allowed.
    """
    cache = caches["default"]
    window = int(time.time() // seconds)
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    key = f"rate:{name}:{digest}:{window}"
    cache.add(key, 0, seconds * 2)
    try:
        count = cache.incr(key)
    except ValueError:  # the window was dropped between the two calls
        cache.set(key, 1, seconds * 2)
        count = 1
    if getattr(cache, "degraded", False):
        limit = max(1, limit // _DEGRADED_SHARE)
    return count <= limit
