"""Answers that stay the same while one page is drawn: the fragments of a page all pass the same doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_kept: ContextVar[dict[Any, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def remembering(kept: dict[Any, Any]) -> Iterator[None]:
    """Keep in ``kept`` what functions marked ``remembered`` answer; only while nothing is written."""
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def remembered(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Asked again with the same arguments within ``remembering``, it gives what it gave before.

    Arguments must be hashable. What it raises is not kept.
    """

    @wraps(function)
    def asked(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        kept = _kept.get()
        if kept is None:
            return function(*args, **kwargs)
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        answer: Answer = kept[key]
        return answer

    return asked
