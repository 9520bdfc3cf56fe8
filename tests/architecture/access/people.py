"""The table of sign-in and of the own account (allauth's pages under our templates)."""

from __future__ import annotations

from tests.architecture.access.table import EVERYONE, Row

ROWS: list[Row] = [
    Row("account_login", EVERYONE),
]
#: Forms of allauth and Django that take POST; their own tests hold what they do.
DJANGOS_FORMS = frozenset({"account_login"})
