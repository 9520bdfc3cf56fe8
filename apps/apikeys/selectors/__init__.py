"""Reads of API keys."""

from __future__ import annotations

from apps.apikeys.selectors.keys import (
    access_key,
    access_keys,
    access_own_key,
    key_held,
    key_of_token,
    own_keys,
)
from apps.apikeys.selectors.rows import KeyRow, UsageDay, key_rows, refusals_of, usage_chart, usage_days

__all__ = [
    "KeyRow",
    "UsageDay",
    "access_key",
    "access_keys",
    "access_own_key",
    "key_held",
    "key_of_token",
    "key_rows",
    "own_keys",
    "refusals_of",
    "usage_chart",
    "usage_days",
]
