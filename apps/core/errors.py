"""Errors that domain functions raise and every door (page, API, admin, command) turns into words.

``code`` is stable and part of the API; ``message`` is translated text a person can act on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A refusal with a reason. ``status`` is the HTTP status the web doors answer with."""

    status = 400
    code = "refused"

    def __init__(
        self, message: str, *, code: str | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.data = dict(data or {})


class NotFound(DomainError):
    """The thing does not exist, or the actor must not learn that it does."""

    status = 404
    code = "not_found"


class NotAllowed(DomainError):
    """The actor can see the thing but may not do this."""

    status = 403
    code = "not_allowed"


class Conflict(DomainError):
    """The thing is not in a state in which this can be done."""

    status = 409
    code = "conflict"


class QuotaFull(Conflict):
    """A granted amount is used up; ``data`` holds ``limit`` and ``used``."""

    code = "quota_full"


class InvalidInput(DomainError):
    """Input that cannot be accepted; ``fields`` maps a field's name to its messages."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, *, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = {name: list(texts) for name, texts in (fields or {}).items()}
