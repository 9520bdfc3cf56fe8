"""Lists of the admin on a phone: each row is a card that names its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import template
from django.contrib.admin.views.main import ChangeList
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = template.Library()

#: A cell without a value, as Django and our columns write it.
_NONE: Final = re.compile(r">\s*[-–—]\s*</t[dh]>\s*$")

#: Django's picture of a yes or no, whose words no reader of Japanese would understand.
_YES_NO: Final = re.compile(r'<img src="[^"]*/icon-(yes|no)\b[^"]*\.svg" alt="[^"]*">')

#: A day at the beginning of a value; in a narrow column the time goes to the next line, never half the day.
_DAY: Final = re.compile(r">(\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]+ \d{4})(?= \d|<)")


@register.simple_tag
def card_cells(cells: Iterable[SafeString], headers: Iterable[Mapping[str, Any]]) -> SafeString:
    """The cells of one row as Django made them, each with its column's name in ``data-l``.

    ``cells`` begin with ``<td`` or ``<th``; a hidden key at the end has no header and stays as it is.
    One without a value carries ``data-none``: a card leaves it out. A yes or no stands there as a word.
    """
    named, found = list(headers), []
    for number, cell in enumerate(cells):
        label = _label(named[number]) if number < len(named) else ""
        if _NONE.search(cell):
            label = format_html("{} data-none", label)
        tag = cell[:3]
        found.append(format_html("{}{}{}", mark_safe(tag), label, mark_safe(_shown(cell[3:]))))
    return mark_safe("".join(found))


def _shown(cell: str) -> str:
    return _DAY.sub(r'><span class="nw">\1</span>', _YES_NO.sub(_word, cell))


def _word(found: re.Match[str]) -> str:
    if found[1] == "yes":
        return format_html('<b class="yes">{}</b>', _("Yes"))
    return format_html('<span class="no">{}</span>', _("No"))


def _label(header: Mapping[str, Any]) -> SafeString:
    if "action-checkbox" in header.get("class_attrib", ""):
        return SafeString("")
    return format_html(' data-l="{}"', capfirst(header["text"]))


@register.inclusion_tag("admin/cards_filter.html")
def cards_filter(cl: ChangeList) -> dict[str, Any]:
    """The filters of a list for where they have no room beside it: ``groups`` of choices, and in words what
    is ``chosen`` now. No query."""
    groups, chosen = [], []
    for spec in cl.filter_specs:
        choices = list(spec.choices(cl))
        groups.append({"title": spec.title, "choices": choices})
        if not cl.params.keys().isdisjoint(spec.expected_parameters()):
            chosen += [choice["display"] for choice in choices if choice["selected"]]
    return {"groups": groups, "chosen": chosen, "all_url": cl.clear_all_filters_qs if chosen else ""}
