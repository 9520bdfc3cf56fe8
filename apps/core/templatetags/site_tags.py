"""``{% load site_tags %}``: small helpers of the frame and of numbers."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import translate_url
from django.utils.formats import number_format
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag(takes_context=True)
def other_language(context: Context) -> dict[str, str]:
    """The same page in the other language: ``code``, ``name`` (in that language), ``url``."""
    code = "en" if get_language() == "ja" else "ja"
    request = context.get("request")
    path = request.get_full_path() if request is not None else "/"
    url = translate_url(path, code)
    if url == path and code == "en" and not path.startswith("/en/"):
        url = "/en/"
    elif url == path and code == "ja":
        url = "/"
    return {"code": code, "name": {"en": "English", "ja": "日本語"}[code], "url": url}


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """``1728`` → ``1,728``; a true minus; an em dash where there is no value."""
    if value is None or value == "":
        return "—"
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True).replace("-", "−")


@register.filter
def number_or_text(value: Any) -> Any:
    """A number as ``number`` writes it; words as they are."""
    return number(value) if value is None or isinstance(value, int | float) else value


@register.filter
def machine(value: Any) -> str:
    """A number for attributes and scripts: point, no grouping."""
    return f"{value:.10g}" if isinstance(value, int | float) else ""
