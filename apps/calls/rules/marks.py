"""What a reviewer writes, by unit (``rules.merge``): each score and each comment by itself.

A unit is ``comment_city``, ``comment_applicant`` or ``score_<32 hexadecimal digits of the criterion>``;
a score is kept as text while it is written: a number, ``cannot`` for “cannot judge”, or nothing yet.
"""

from __future__ import annotations

import unicodedata
import uuid

from django.utils.translation import gettext as _

from apps.calls.rules.scoring import Scale
from apps.core.text import kept_text

COMMENTS = ("comment_city", "comment_applicant")
CANNOT = "cannot"
COMMENT_LIMIT = 5000
_PREFIX = "score_"


def score_unit(criterion: uuid.UUID) -> str:
    return f"{_PREFIX}{criterion.hex}"


def is_score_unit(unit: str) -> bool:
    return unit.startswith(_PREFIX)


def mark_words(value: int | None, *, cannot_judge: bool) -> str:
    """A stored score as text."""
    return CANNOT if cannot_judge else ("" if value is None else str(value))


def mark_value(text: str) -> int | None:
    """The number of ``text``, in full width too; None for anything else."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 6 else None


def kept_mark(text: str) -> str:
    """``text`` as it is compared and kept: numbers in plain digits."""
    value = mark_value(text)
    return text.strip() if value is None else str(value)


def mark_problem(text: str, scale: Scale) -> str:
    """Why ``text`` is no score on ``scale``, in words; empty when it is one, or nothing yet."""
    if text in ("", CANNOT):
        return ""
    values = {"low": scale.low, "high": scale.high}
    value = mark_value(text)
    if value is None:
        return _("This is not a score. Choose one from %(low)d to %(high)d, or “cannot judge”.") % values
    if not scale.holds(value):
        return _("%(value)d is outside the scale. Choose a score from %(low)d to %(high)d.") % {
            "value": value,
            **values,
        }
    return ""


def comment_problem(text: str) -> str:
    """Why a comment cannot be kept, in words; empty when it can."""
    if len(text) <= COMMENT_LIMIT:
        return ""
    return _("Please shorten it to %(limit)d characters. It has %(count)d now.") % {
        "limit": COMMENT_LIMIT,
        "count": len(text),
    }


def kept_comment(text: str) -> str:
    return kept_text(text)
