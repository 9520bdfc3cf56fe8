"""Which function does which kind of job, and makes which kind of attachment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

#: What it returns is when to call it again, None when the job is done.
JobHandler = Callable[[dict[str, Any]], datetime | None]
#: (args, language) → content and its type, such as ``(b"%PDF…", "application/pdf")``.
AttachmentBuilder = Callable[[dict[str, Any], str], tuple[bytes, str]]
_handlers: dict[str, JobHandler] = {}
_builders: dict[str, AttachmentBuilder] = {}


def register_job_handler(kind: str, handler: JobHandler) -> None:
    """``handler(payload)`` does jobs of ``kind``; it must be safe to call twice.

    A handler that waits for someone else returns when to call it again: what it wrote stays, and however
    often it waits, the job never counts as failed.
    """
    _handlers[kind] = handler


def handler_of(kind: str) -> JobHandler:
    """The handler of ``kind``; raises ``LookupError`` when no app registered one."""
    try:
        return _handlers[kind]
    except KeyError:
        raise LookupError(f"No handler for jobs of kind {kind!r}.") from None


def register_attachment(kind: str, builder: AttachmentBuilder) -> None:
    """``builder(args, language)`` makes attachments of ``kind`` when a mail leaves or staff look at it.

    It only reads, and may be called any number of times.
    """
    _builders[kind] = builder


def is_attachment(kind: str) -> bool:
    return kind in _builders


def attachment_build(attachment: dict[str, Any], language: str) -> tuple[bytes, str]:
    """The content of one row of ``Message.attachments`` and its type; raises whatever the builder does."""
    try:
        builder = _builders[attachment["kind"]]
    except KeyError:
        raise LookupError(f"No builder for attachments of kind {attachment['kind']!r}.") from None
    return builder(attachment["args"], language)
