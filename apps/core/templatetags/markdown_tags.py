"""``{% load markdown_tags %}``: ``{{ text|markdown }}``, what staff wrote in Markdown as safe HTML."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from apps.core.markdown import markdown as html_of

register = template.Library()


@register.filter
def markdown(text: Any) -> SafeString:
    """Put it into ``<div class="prose">``; its headings begin at ``h3``."""
    return html_of(str(text or ""))
