"""The rows of the deliberation, kept ready: made anew only when something they read has changed.

What is kept belongs to one call and one language; staff see the same. Without Redis each page makes
its rows again. Another release of the portal does not read what an earlier one kept in another form, and
shows its own words and templates after some minutes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from django.core.cache import caches
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from apps.calls.enums import Outcome
from apps.calls.models import Call
from apps.calls.rules.dots import HEIGHT, WIDTH, dots_of
from apps.calls.rules.scoring import Aggregate
from apps.calls.selectors.deliberation import Board, Note, Row, board_of
from apps.calls.selectors.deliberation_print import deliberation_print

#: What has changed in the data is noticed at once, in the code after so long.
SECONDS = 600
TEMPLATE = "admin/calls/deliberation/_row.html"
#: The choices of a row, in the order of the buttons.
CHOICES = (Outcome.ADOPT, Outcome.CONDITIONS, Outcome.WAITLIST, Outcome.DECLINE)


def _form() -> str:
    """The shape of what is kept: the fields of its classes."""
    names = [field.name for kind in (Kept, Board, Row, Note, Aggregate) for field in fields(kind)]
    return sha256(" ".join(names).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Kept:
    """``html``: each row by application; ``marks``: what it was made from."""

    stamp: str
    board: Board
    html: dict[uuid.UUID, str]
    marks: dict[uuid.UUID, str]


def kept_board(call: Call) -> tuple[Board, dict[uuid.UUID, SafeString]]:
    """The board of ``call`` with the HTML of its rows. Two queries while nothing has changed."""
    key = f"deliberation:{_form()}:{call.pk}:{get_language()}"
    stamp = deliberation_print(call)
    kept: Kept | None = caches["pages"].get(key)
    if kept is None or kept.stamp != stamp:
        kept = _made(call, stamp, kept)
        caches["pages"].set(key, kept, SECONDS)
    # Made by our own template, which escapes.
    return kept.board, {pk: SafeString(html) for pk, html in kept.html.items()}


def _made(call: Call, stamp: str, before: Kept | None) -> Kept:
    """The board as it is now; rows that read as before keep their HTML."""
    board = board_of(call)
    marks = {row.pk: _mark(row, board) for row in board.rows}
    old = before.html if before else {}
    same = {pk for pk, mark in (before.marks if before else {}).items() if marks.get(pk) == mark}
    template = get_template(TEMPLATE)
    html = {
        row.pk: old[row.pk] if row.pk in same else template.render(row_context(row, board))
        for row in board.rows
    }
    return Kept(stamp, board, html, marks)


def _mark(row: Row, board: Board) -> str:
    return sha256(repr((row, board.span, board.sealed_until)).encode()).hexdigest()


def row_context(row: Row, board: Board) -> dict[str, Any]:
    return {
        "row": row,
        "sealed": board.sealed_until is not None,
        "dots": dots_of(row.totals, span=board.span, median=row.scores.median, mean=row.scores.mean),
        "size": (WIDTH, HEIGHT),
        "span": board.span,
        "totals": ", ".join(f"{value:.1f}" for value in row.totals),
        "choices": CHOICES,
    }
