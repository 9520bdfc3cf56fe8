from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings
from django_redis import get_redis_connection

from apps.core import cache

pytestmark = pytest.mark.django_db
DEAD = {**settings.CACHES, "redis": {**settings.CACHES["redis"], "LOCATION": "redis://127.0.0.1:1/0"}}
DEAD_SOCKET = {
    **settings.CACHES,
    "redis": {**settings.CACHES["redis"], "LOCATION": "unix:///nowhere/redis.sock"},
}


def _exercise(kept: Any) -> list[Any]:
    kept.clear()
    answers = [kept.add("a", 1), kept.add("a", 2), kept.get("a"), kept.incr("a"), kept.get("missing", "d")]
    kept.set("b", {"x": [1]}, 30)
    kept.set_many({"c": 3, "d": 4})
    answers += [kept.get("b"), kept.touch("b", 60), "b" in kept, kept.get_many(["c", "d"]), kept.delete("b")]
    answers += [kept.get("b"), kept.get_or_set("e", lambda: 5), kept.delete("zzz")]
    return answers


EXPECTED = [True, False, 1, 2, "d", {"x": [1]}, True, True, {"c": 3, "d": 4}, True, None, 5, False]


def test_redis_answers_when_it_is_there() -> None:
    assert _exercise(caches["default"]) == EXPECTED
    assert not caches["default"].degraded  # type: ignore[attr-defined]


@pytest.mark.parametrize("configured", [DEAD, DEAD_SOCKET], ids=["refused", "no socket"])
def test_database_answers_when_redis_is_gone(configured: dict[str, Any]) -> None:
    with override_settings(CACHES=configured):
        assert _exercise(caches["default"]) == EXPECTED
        assert caches["default"].degraded  # type: ignore[attr-defined]


def test_redis_is_left_alone_for_a_while_then_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with override_settings(CACHES=DEAD):
        caches["default"].set("a", "from database")
    assert caches["default"].get("a") == "from database"  # Redis is back, but not asked yet
    monkeypatch.setattr(cache, "_down_until", {})
    assert caches["default"].get("a") is None


def test_emptying_a_cache_leaves_what_others_keep_in_the_same_redis() -> None:
    redis, queue = get_redis_connection("redis"), f"queue-of-workers-{uuid.uuid4()}"
    redis.set(queue, 1, ex=600)
    caches["default"].set("limit", 1)
    caches["pages"].set("page", "x")
    caches["pages"].clear()
    assert (caches["default"].get("limit"), caches["pages"].get("page")) == (1, None)
    caches["default"].clear()
    assert (caches["default"].get("limit"), redis.get(queue)) == (None, b"1")
    redis.delete(queue)


def test_key_without_lifetime_stays_and_zero_is_gone() -> None:
    caches["default"].set("forever", 1, None)
    caches["default"].set("never", 1, 0)
    assert (caches["default"].get("forever"), caches["default"].get("never")) == (1, None)
