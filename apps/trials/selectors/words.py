"""Words that several pages of trials share."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core import clock

_FIRST_REIWA = 2019


def fiscal_year_words(year: int) -> str:
    """``2026年度（令和8年度）``; years before the era alone."""
    if year < _FIRST_REIWA:
        return _("Fiscal year %(year)d") % {"year": year}
    reiwa = clock.reiwa(year)
    # Officials write the first year of an era with a word of its own.
    era = "元" if reiwa == 1 and get_language() == "ja" else str(reiwa)
    return _("Fiscal year %(year)d (Reiwa %(reiwa)s)") % {"year": year, "reiwa": era}
