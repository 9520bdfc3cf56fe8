"""``{% load slots %}``: the places where higher apps add to a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import resolve, reverse
from django.utils.safestring import SafeString, mark_safe

from apps.core import registry
from apps.core.errors import DomainError
from apps.core.memo import remembering

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: Context, place: str, **kwargs: Any) -> SafeString:
    """Everything registered at ``place``, in order: each view's answer to this request.

    The views are the same that htmx asks to renew a fragment; here they are called in the same
    request, so that the page is whole without JavaScript and when it is kept in the cache. What they
    all ask (may this person see this trial?) is asked once for the page.
    """
    request = context["request"]
    if not hasattr(request, "kept_by_slots"):
        request.kept_by_slots = {}
    with remembering(request.kept_by_slots):
        return mark_safe("\n".join(_answers(request, place, kwargs)))


def _answers(request: Any, place: str, kwargs: dict[str, Any]) -> list[str]:
    parts: list[str] = []
    for entry in registry.slots(place):
        match = resolve(reverse(entry.url_name, kwargs=kwargs))
        try:
            response = match.func(request, *match.args, **match.kwargs)
        except DomainError:
            continue
        if response.status_code == 200:
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            parts.append(response.content.decode())
    return parts
