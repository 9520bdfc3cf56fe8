"""Which function does which kind of job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JobHandler = Callable[[dict[str, Any]], None]
_handlers: dict[str, JobHandler] = {}


def register_job_handler(kind: str, handler: JobHandler) -> None:
    """``handler(payload)`` does jobs of ``kind``; it must be safe to call twice."""
    _handlers[kind] = handler


def handler_of(kind: str) -> JobHandler:
    """The handler of ``kind``; raises ``LookupError`` when no app registered one."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"No handler for jobs of kind {kind!r}.") from None
