"""``{% load event_tags %}``: texts, dates and places of gatherings in the page's language."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from apps.core import clock
from apps.events import rules
from apps.events.models import Event
from apps.events.selectors import where

register = template.Library()
register.filter("event_moment", rules.day_time)
register.filter("event_where", where)
register.filter("event_short", clock.short)


@register.filter
def event_when(event: Event) -> str:
    """``2026年12月3日（木）14:00–15:30``"""
    return rules.when(event.starts_at, event.ends_at)


@register.filter
def event_when_parts(event: Event) -> tuple[str, str]:
    """The same in two parts, for lines that may be broken between them."""
    return rules.when_parts(event.starts_at, event.ends_at)


@register.filter
def event_text(event: Event, field: str) -> str:
    """A text of ``event`` in the page's language: ``{{ event|event_text:"title" }}``"""
    return event.localized(field, get_language() or "ja")


@register.filter
def event_fallback(event: Event, field: str) -> bool:
    """Whether an English page shows the Japanese text, which must then say so to screen readers."""
    return get_language() == "en" and not getattr(event, f"{field}_en")
