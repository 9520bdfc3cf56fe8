"""A cache that keeps counting when Redis is away: the database takes over, more strictly."""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)
#: How long a failed primary is left alone before it is asked again, in seconds.
RETRY_AFTER = 5.0


class FallbackCache(BaseCache):
    """Django cache backend: ``primary`` alias first, ``fallback`` alias when it does not answer.

    ``OPTIONS``: ``primary`` and ``fallback``, names of other entries in ``CACHES``.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self.primary_alias: str = options["primary"]
        self.fallback_alias: str = options["fallback"]
        self._down_until = 0.0

    @property
    def degraded(self) -> bool:
        """True while the fallback answers: callers that limit rates become stricter."""
        return time.monotonic() < self._down_until

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not self.degraded:
            try:
                return getattr(caches[self.primary_alias], name)(*args, **kwargs)
            except (OSError, ConnectionInterrupted, RedisError) as error:
                self._down_until = time.monotonic() + RETRY_AFTER
                logger.warning("cache_fallback", error=str(error))
        return getattr(caches[self.fallback_alias], name)(*args, **kwargs)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> bool:
        return bool(self._call("add", key, value, timeout=timeout, version=version))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._call("get", key, default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> None:
        self._call("set", key, value, timeout=timeout, version=version)

    def touch(self, key: Any, timeout: Any = 300, version: Any = None) -> bool:
        return bool(self._call("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return bool(self._call("delete", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        return int(self._call("incr", key, delta, version=version))

    def has_key(self, key: Any, version: Any = None) -> bool:
        return bool(self._call("has_key", key, version=version))

    def clear(self) -> None:
        self._call("clear")
