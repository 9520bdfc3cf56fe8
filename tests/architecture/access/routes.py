"""Every address of the portal, told from the resolver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

#: What Django's admin gives each model and itself; the sweep tries these for every model alike.
_ADMIN_MODEL = ("_changelist", "_add", "_history", "_delete", "_change")
_ADMIN_SITE = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
}


@dataclass(frozen=True)
class Route:
    """``name`` with its namespaces, ``path`` as in the patterns, names of its arguments."""

    name: str
    path: str
    arguments: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")


def routes() -> list[Route]:
    """Each named route once; those of Django's admin only where an app added them."""
    found = {route.name: route for route in _walk(get_resolver(), (), "", frozenset())}
    return [route for route in found.values() if not (route.is_admin and _is_djangos(route))]


def all_names() -> set[str]:
    """Every route, those of Django's admin too: an app may replace one and give it a row of its own."""
    return {route.name for route in _walk(get_resolver(), (), "", frozenset())}


def _walk(
    resolver: URLResolver, namespaces: tuple[str, ...], path: str, arguments: frozenset[str]
) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        known = arguments | frozenset(getattr(pattern.pattern, "converters", {}))
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, inner, here, known)
        elif isinstance(pattern, URLPattern):
            yield Route(":".join([*namespaces, pattern.name or f"?{here}"]), here, known)


def _is_djangos(route: Route) -> bool:
    name = route.name.removeprefix("admin:")
    return name in _ADMIN_SITE or name.endswith(_ADMIN_MODEL) or name.startswith("?")


def admin_addresses() -> list[str]:
    """The admin's own pages of every registered model, with a row of it where there is one."""
    return [address for model in (None, *admin.site._registry) for address in addresses_of(model)]


def addresses_of(model: type[Model] | None) -> list[str]:
    """The admin's own pages of ``model``; those of the admin itself for none."""
    if model is None:
        return [reverse("admin:index"), reverse("admin:password_change")]
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    found = [reverse(f"{base}_changelist"), reverse(f"{base}_add")]
    row = model._default_manager.first()
    if row is not None:
        found += [reverse(f"{base}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    return found
