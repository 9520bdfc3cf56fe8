"""Answers as they are kept while they are written, and as they are handed in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.calls.rules.questions import DRAFT_LIMIT, FIELDS, LINES, TEXTS, Answers
from apps.core.text import clean_line, clean_text, kept_line, kept_text

#: What one field of lists may take in a draft, in characters of its JSON.
_LIST_LIMIT = 4 * DRAFT_LIMIT


def kept_answers(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """``values`` as a draft keeps them, and what is too long to be kept, by field, in words.

    A draft keeps a text as it was typed, trailing spaces too; fields that no screen asks are left out.
    """
    kept: dict[str, Any] = {}
    faults: dict[str, list[str]] = {}
    for name, value in values.items():
        if name.split(".", 1)[0] not in FIELDS:
            continue
        if isinstance(value, str):
            value = kept_line(value) if name in LINES else kept_text(value)
        if _is_too_long(value):
            faults[name] = [_("This is too long to be kept. Please shorten it.")]
        else:
            kept[name] = value
    return kept, faults


def _is_too_long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > DRAFT_LIMIT
    return isinstance(value, list | dict) and len(json.dumps(value, ensure_ascii=False)) > _LIST_LIMIT


def clean_answers(answers: Answers) -> dict[str, Any]:
    """``answers`` as they are handed in: texts in NFC, trimmed, without what only deceives the eye."""
    cleaned = dict(answers)
    for name in TEXTS:
        if name in cleaned:
            cleaned[name] = clean_line(cleaned[name]) if name in LINES else clean_text(cleaned[name])
    for name in ("sensors", "places"):
        if name in cleaned:
            cleaned[name] = [{**row, "name": clean_line(str(row.get("name", "")))} for row in cleaned[name]]
    if "extra_answers" in cleaned:
        given = cleaned["extra_answers"].items()
        cleaned["extra_answers"] = {
            key: clean_text(text) if isinstance(text, str) else text for key, text in given
        }
    return cleaned
