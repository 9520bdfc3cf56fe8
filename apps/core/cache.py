"""A cache that keeps answering when Redis is away: another takes over.

``default`` (rates, small state) falls back to the database, and those who limit rates are then
stricter (``degraded``); ``pages`` falls back to nothing: pages are rendered each time.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)
#: How long a failed primary is left alone before it is asked again, in seconds.
RETRY_AFTER = 5.0
#: Until when (monotonic seconds) a primary is left alone; one for the process, whatever the thread.
_down_until: dict[str, float] = {}


def forget() -> None:
    """Ask every primary again at once (between tests)."""
    _down_until.clear()


def is_down(alias: str) -> bool:
    """Whether the cache ``alias`` did not answer a moment ago and is left alone."""
    return time.monotonic() < _down_until.get(alias, 0.0)


def note_down(alias: str, error: Exception) -> None:
    """Leave ``alias`` alone for ``RETRY_AFTER`` seconds: it did not answer."""
    _down_until[alias] = time.monotonic() + RETRY_AFTER
    logger.warning("cache_fallback", cache=alias, error=str(error))


class SharedRedisCache(RedisCache):  # type: ignore[misc]
    """django-redis in a Redis that others use too: ``clear`` takes away what is this cache's, by its prefix.

    The original empties the whole Redis: limits, other caches, and the queue of the workers.
    """

    def clear(self) -> bool:
        self.delete_pattern("*")
        return True


class FallbackCache(BaseCache):
    """Django cache backend: ``primary`` alias first, ``fallback`` alias when it does not answer.

    ``OPTIONS``: ``primary`` and ``fallback``, names of other entries in ``CACHES``. What was
    counted in one of them is not known to the other.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = params.get("OPTIONS", {})
        self.primary_alias: str = options["primary"]
        self.fallback_alias: str = options["fallback"]

    @property
    def degraded(self) -> bool:
        """True while the fallback answers: callers that limit rates become stricter."""
        return is_down(self.primary_alias)

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not self.degraded:
            try:
                return getattr(caches[self.primary_alias], name)(*args, **kwargs)
            except (OSError, ConnectionInterrupted, RedisError) as error:
                note_down(self.primary_alias, error)
        return getattr(caches[self.fallback_alias], name)(*args, **kwargs)

    def _seconds(self, timeout: Any) -> Any:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return bool(self._call("add", key, value, timeout=self._seconds(timeout), version=version))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._call("get", key, default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        self._call("set", key, value, timeout=self._seconds(timeout), version=version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return bool(self._call("touch", key, timeout=self._seconds(timeout), version=version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return bool(self._call("delete", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        return int(self._call("incr", key, delta, version=version))

    def has_key(self, key: Any, version: Any = None) -> bool:
        return bool(self._call("has_key", key, version=version))

    def clear(self) -> None:
        self._call("clear")
