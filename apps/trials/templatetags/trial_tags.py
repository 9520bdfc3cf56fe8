"""``{% load trial_tags %}``: words of the trials' pages."""

from __future__ import annotations

from django import template

from apps.trials.selectors.listing import PHASE_WORDS
from apps.trials.selectors.words import fiscal_year_words

register = template.Library()
register.simple_tag(fiscal_year_words, name="fiscal_year")


@register.simple_tag
def phase_word(phase: str) -> str:
    """Where a trial stands, as a word."""
    return str(PHASE_WORDS[phase])
