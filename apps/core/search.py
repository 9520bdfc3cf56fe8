"""Search that finds two-character Japanese words: pairs of characters in a GIN index, then a recheck."""

from __future__ import annotations

import re
import unicodedata
from typing import TypeVar

from django.db.models import Model, QuerySet

#: Characters of one row that are indexed, and words of one question that are read.
MAX_TEXT = 20_000
MAX_WORDS = 8
_GAP = re.compile(r"[\s\u3000]+")
M = TypeVar("M", bound=Model)


def fold(text: str) -> str:
    """``text`` made comparable: NFKC (so half-width kana and full-width letters agree), no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def bigrams(*texts: str) -> list[str]:
    """The distinct pairs of neighbouring characters (and single ones) of ``texts``, sorted."""
    found: set[str] = set()
    for text in texts:
        for word in _GAP.split(fold(text)[:MAX_TEXT]):
            found.update(word)
            found.update(word[at : at + 2] for at in range(len(word) - 1))
    return sorted(found)


def words(query: str) -> list[str]:
    """The words of a question, folded."""
    return [word for word in _GAP.split(fold(query.replace("\0", ""))[:200]) if word][:MAX_WORDS]


def indexed(*texts: str) -> tuple[str, list[str]]:
    """What a row keeps to be found by: its folded text (words on one line) and the pairs in it."""
    text = " ".join(word for part in texts for word in _GAP.split(fold(part)[:MAX_TEXT]) if word)
    return text, bigrams(text)


def search(
    rows: QuerySet[M], *, query: str, terms: str = "search_terms", text: str = "search_text"
) -> QuerySet[M]:
    """``rows`` that hold every word of ``query``.

    ``terms`` names the ArrayField (with its GIN index) and ``text`` the TextField that hold what
    ``indexed`` gave. The pairs find candidates fast; the text rechecks that they stand in order,
    which a word of one pair does by itself.
    """
    for word in words(query):
        pairs = [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        rows = rows.filter(**{f"{terms}__contains": pairs})
        if len(word) > 2:
            rows = rows.filter(**{f"{text}__contains": word})
    return rows
