"""``{% load slots %}``: the places where higher apps add to a page."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import resolve, reverse
from django.utils.safestring import SafeString, mark_safe

from apps.core import registry
from apps.core.errors import DomainError

register = template.Library()


@register.simple_tag(takes_context=True)
def slot(context: Context, place: str, **kwargs: Any) -> SafeString:
    """Everything registered at ``place``, in order: each view's answer to this request.

    The views are the same that htmx asks to renew a fragment; here they are called in the same
    request, so that the page is whole without JavaScript and when it is kept in the cache.
    """
    request = context["request"]
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
    return mark_safe("\n".join(parts))
