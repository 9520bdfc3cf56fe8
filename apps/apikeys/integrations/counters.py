"""Counting calls in Redis: every limit of a call is asked and taken in one step, and its use counted.

All or nothing: a call that meets one limit takes from none of the others. Raises ``Away`` when Redis
does not answer; the caller counts elsewhere then.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.cache import caches
from django_redis import get_redis_connection
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import NoScriptError, RedisError

from apps.core import cache

ALIAS = "redis"
#: How long the use of a day waits to be read, in seconds: beat may be away for two days.
USAGE_KEPT = 3 * 86400
#: KEYS: a counter for each limit, then the hash of the day's use (may be missing).
#: ARGV: for each limit its size and the ms until it begins anew; then the field of the key, a new source.
#: Answers the number of the limit that was met (0: none; of several the one that frees last), then
#: count and ms left of each.
_SCRIPT = """
local used, left, met, wait = {}, {}, 0, -1
local n = tonumber(ARGV[1])
for i = 1, n do
  used[i] = tonumber(redis.call('GET', KEYS[i]) or '0')
  left[i] = redis.call('PTTL', KEYS[i])
  if left[i] < 0 then left[i] = tonumber(ARGV[2 * i + 1]) end
  if used[i] >= tonumber(ARGV[2 * i]) and left[i] > wait then met, wait = i, left[i] end
end
if met == 0 then
  for i = 1, n do
    used[i] = redis.call('INCR', KEYS[i])
    if redis.call('PTTL', KEYS[i]) < 0 then redis.call('PEXPIRE', KEYS[i], left[i]) end
  end
end
local hash = KEYS[n + 1]
if hash then
  local field = ARGV[2 * n + 2]
  if met > 0 then field = field .. '!' end
  redis.call('HINCRBY', hash, field, 1)
  if redis.call('HSETNX', hash, 'source', ARGV[2 * n + 3]) == 1 then
    redis.call('EXPIRE', hash, ARGV[2 * n + 4])
  end
end
local answer = {met}
for i = 1, n do
  answer[2 * i], answer[2 * i + 1] = used[i], left[i]
end
return answer
"""
_SHA = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


class Away(Exception):
    """Redis does not answer."""


def _key(name: str) -> str:
    return str(caches[ALIAS].make_key(f"api:{name}"))


def _usage_key(day: date) -> str:
    return _key(f"usage:{day:%Y%m%d}")


def _run(keys: Sequence[str], arguments: Sequence[Any]) -> list[int]:
    if cache.is_down(ALIAS):
        raise Away
    try:
        client = get_redis_connection(ALIAS)
        try:
            answer: list[int] = client.evalsha(_SHA, len(keys), *keys, *arguments)
        except NoScriptError:
            answer = client.eval(_SCRIPT, len(keys), *keys, *arguments)
    except (OSError, ConnectionInterrupted, RedisError) as error:
        cache.note_down(ALIAS, error)
        raise Away from error
    return answer


def calls_take(
    limits: Sequence[tuple[str, int, float]], *, key_id: uuid.UUID | None, day: date
) -> tuple[int | None, list[tuple[int, float]]]:
    """Take one call from each of ``limits``, or from none; count it as the use of ``key_id`` on ``day``.

    A limit is (bucket, size, seconds until it begins anew when it begins now). The answer: which limit was
    met (its place, None when the call is let in), and of each (calls taken, seconds until it begins anew).
    """
    keys = [_key(bucket) for bucket, _size, _left in limits]
    arguments: list[Any] = [len(limits)]
    for _bucket, size, left in limits:
        arguments += [size, max(1, int(left * 1000))]
    if key_id is not None:
        keys.append(_usage_key(day))
        arguments += [key_id.hex, uuid.uuid4().hex[:12], USAGE_KEPT]
    met, *rest = _run(keys, arguments)
    counts = [(used, ms / 1000) for used, ms in zip(rest[0::2], rest[1::2], strict=True)]
    return (met - 1 if met else None), counts


def usage_read(day: date) -> tuple[str, dict[uuid.UUID, tuple[int, int]]]:
    """What was counted on ``day`` so far: (the counter's name, {key: (calls, refused)})."""
    if cache.is_down(ALIAS):
        raise Away
    try:
        found = get_redis_connection(ALIAS).hgetall(_usage_key(day))
    except (OSError, ConnectionInterrupted, RedisError) as error:
        cache.note_down(ALIAS, error)
        raise Away from error
    numbers = {name.decode(): value.decode() for name, value in found.items()}
    source = numbers.pop("source", "")
    ids = {name.rstrip("!") for name in numbers}
    pairs = {uuid.UUID(name): (int(numbers.get(name, 0)), int(numbers.get(f"{name}!", 0))) for name in ids}
    return source, pairs
