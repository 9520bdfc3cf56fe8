"""``{% load reference_tags %}``: texts of the API's schema as they stand in a page."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core.api.texts import translated
from apps.portal.rules.snippets import Snippet

register = template.Library()

_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)


def _inline(text: str) -> SafeString:
    """``text`` with what stands between backticks as code."""
    parts, end = [], 0
    for found in _CODE.finditer(text):
        parts.append(("{}", text[end : found.start()]))
        parts.append(("<code>{}</code>", found[2]))
        end = found.end()
    parts.append(("{}", text[end:]))
    return format_html_join("", "{}", ((format_html(form, part),) for form, part in parts))


@register.filter
def in_words(text: str) -> SafeString:
    """A description as paragraphs, with code where it stands between backticks."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text or "") if part.strip()]
    return format_html_join("", "<p>{}</p>", ((_inline(part),) for part in paragraphs))


@register.filter
def in_line(text: str) -> SafeString:
    """The same without paragraphs, for a place inside a line."""
    return _inline(" ".join((text or "").split()))


@register.filter
def wrapped_path(path: str) -> SafeString:
    """A path that may be broken after each slash."""
    return format_html_join("", "{}", ((format_html("{}<wbr>", part),) for part in re.split(r"(?<=/)", path)))


@register.filter
def wrapped_code(code: str) -> SafeString:
    """A name that may be broken after each underscore."""
    return format_html_join("", "{}", ((format_html("{}<wbr>", part),) for part in re.split(r"(?<=_)", code)))


@register.filter
def in_language(text: str) -> str:
    """A text of the API's code in the language of the page."""
    return translated(text)


@register.filter
def snippet_code(snippet: Snippet) -> SafeString:
    """A snippet in which the address and the place of the key can be found and replaced."""
    forms = {"text": "{}", "url": '<span class="code-url" data-url>{}</span>'}
    key = '<span class="code-key" data-key="{}">{}</span>'
    quoted = "plain" if snippet.id == "curl" else "quoted"
    rows = (
        format_html(key, quoted, part.text)
        if part.kind == "key"
        else format_html(forms[part.kind], part.text)
        for part in snippet.parts
    )
    return format_html_join("", "{}", ((row,) for row in rows))
