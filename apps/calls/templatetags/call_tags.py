"""``{% load call_tags %}``: dates as people read them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.calls import rules
from apps.calls.enums import PUBLIC_WORDS
from apps.calls.models import Application
from apps.core.components.base import render
from apps.core.components.library import SummaryRow

register = template.Library()
register.filter("day", rules.day)
register.filter("day_time", rules.day_time)
register.filter("short_day", rules.short_day)
register.filter("short_day_time", rules.short_day_time)


@register.filter
def in_language(row: Any, field: str) -> str:
    """A text of a call, a question … in the page’s language: ``{{ call|in_language:"title" }}``"""
    return str(row.localized(field, get_language() or "ja"))


@register.simple_tag
def text_lang(row: Any, field: str) -> SafeString:
    """`` lang="ja"`` where the page is English and the text is not: ``<h1{% text_lang call "title" %}>``"""
    foreign = get_language() == "en" and not getattr(row, f"{field}_en", "")
    return mark_safe(' lang="ja"' if foreign else "")


@register.filter
def period_until(first: date, last: date) -> SafeString:
    """``2027年1月12日–6月30日``, in two lines where it has no room in one:
    ``{{ call.trial_from|period_until:call.trial_until }}``"""
    begin, dash, end = rules.period(first, last).partition("–")
    gap = " " if end.startswith(" ") else mark_safe("<wbr>")
    end = end.strip()
    return format_html('<span class="nw">{}{}</span>{}<span class="nw">{}</span>', begin, dash, gap, end)


@register.filter
def public_word(application: Application) -> str:
    """The state of ``application`` as its company may read it."""
    return str(PUBLIC_WORDS[application.public_state])


@register.simple_tag(takes_context=True)
def answer_of(context: Context, name: str, label: str, value: Any, href: str, note: str = "") -> SafeString:
    """One row of the answers; with ``change`` and ``problems`` in the context it can be mended.

    The first fault of an answer that cannot be handed in stands below it.
    """
    faults = (context.get("problems") or {}).get(name, [])
    props: dict[str, Any] = {"label": label, "value": value or "", "note": note or ""}
    if context.get("change"):
        props["href"] = f"{href}?from=check"
        if faults:
            props |= {"missing": True, "note": faults[0] if value else ""}
    return render(SummaryRow, props, context)
