"""Which pages may be kept for everyone, and when what was kept is old."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.cache import caches

from apps.core import clock

_GENERATION_KEY = "public-generation"
_LOCAL_SECONDS = 1.0
_local: tuple[float, str] = (0.0, "")


def public_page(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view's answer as the same for everyone without a session. It must not use CSRF or cookies."""

    @wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        if hasattr(response, "render") and not response.is_rendered:
            response.render()
        response.public_page = True
        return response

    wrapper.is_public_page = True  # type: ignore[attr-defined]
    return wrapper


def keep_until(response: Any, moment: datetime) -> None:
    """Keep the page ``response`` no longer than until ``moment``, from when on it reads otherwise."""
    response.public_until = moment


def seconds_to_keep(response: Any) -> float | None:
    """How long ``response`` may be kept; None: as long as any page. 0 or less: not at all."""
    until = getattr(response, "public_until", None)
    return None if until is None else (until - clock.now()).total_seconds()


def generation() -> str:
    """The name of the present generation of kept pages, at most 1 s old in this process."""
    global _local
    if time.monotonic() - _local[0] > _LOCAL_SECONDS:
        _local = (time.monotonic(), caches["pages"].get(_GENERATION_KEY) or "0")
    return _local[1]


def changed() -> None:
    """Public data changed: everything kept is old. Call it on commit."""
    global _local
    caches["pages"].set(_GENERATION_KEY, uuid.uuid4().hex, None)
    _local = (0.0, "")


def forget() -> None:
    """Drop what this process keeps, between tests."""
    global _local
    _local = (0.0, "")
