"""Names and types of files."""

from __future__ import annotations

import re
from datetime import date

#: What file systems of any kind refuse, and what would end the name for a browser.
_REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*;]+')
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def file_name(stem: str, day: date, suffix: str) -> str:
    """``用水路の水位-受信データ-2026-11-21.csv``: any language, safe on every system."""
    clean = _REFUSED.sub("-", stem).strip(" .-")[:90]
    return f"{clean or 'export'}-{day.isoformat()}{suffix}"


def content_type(format: str, *, gzip: bool) -> str:
    return "application/gzip" if gzip else _TYPES[format]
