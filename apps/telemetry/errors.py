"""What telemetry refuses by a name of its own."""

from __future__ import annotations

from apps.core.errors import DomainError


class BadOption(DomainError):
    """A query option that cannot be answered: ``option`` (``$filter`` …) and the character it fails at."""

    code = "bad_option"

    def __init__(self, option: str, message: str, *, at: int | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.option = option
        self.at = at
