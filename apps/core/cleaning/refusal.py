from __future__ import annotations


class Refusal(Exception):
    """The file is not taken. ``code`` is turned into words by ``apps.core.documents``."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
