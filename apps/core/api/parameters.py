"""Parameters of the address that an operation does not know are refused: a slip of the pen in `since`
would otherwise be answered with other data than were asked for, and nobody would see it.

What an operation knows is read from its own schema, so there is no second list.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import spectacular_settings
from rest_framework import permissions
from rest_framework.request import Request

from apps.core.api.problems import UnknownParameters

if TYPE_CHECKING:
    from rest_framework.views import APIView

#: So much must two names have in common (0 to 1) for one to be taken for the other.
_ALIKE = 0.5
_MOST_NAMED, _MOST_LETTERS = 20, 40


class KnownParametersOnly(permissions.BasePermission):
    """Asked behind the scopes. Refuses with 400 ``unknown_parameter``; such a call takes from the caller's
    limits like any other. Views outside the schema have rules of their own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.META.get("QUERY_STRING"):
            return True
        known = parameters_of_operation(type(view), "GET" if request.method == "HEAD" else request.method)
        given = request.query_params
        if known is None or known.issuperset(given):
            return True
        view.check_throttles(request)  # DRF asks for the limits only after this
        raise refusal([name for name in given if name not in known], known)


def refusal(unknown: list[str], known: frozenset[str]) -> UnknownParameters:
    """Names each unknown parameter and, where there is one, the known name that comes nearest."""
    rows = [(name[:_MOST_LETTERS], nearest(name, known)) for name in unknown[:_MOST_NAMED]]
    return UnknownParameters([(name, alike, _words(name, alike, known)) for name, alike in rows])


def _words(name: str, alike: str | None, known: frozenset[str]) -> str:
    if alike:
        text = _("There is no parameter “%(name)s” here. Do you mean “%(alike)s”?")
        return text % {"name": name, "alike": alike}
    if not known:
        return _("There is no parameter “%(name)s” here; this takes none.") % {"name": name}
    text = _("There is no parameter “%(name)s” here. There are: %(known)s.")
    return text % {"name": name, "known": ", ".join(sorted(known))}


def nearest(name: str, known: frozenset[str]) -> str | None:
    """The known name most like ``name``, None when none is."""
    wanted = name[:_MOST_LETTERS].lower()
    alike = {one: SequenceMatcher(None, wanted, one).ratio() for one in sorted(known)}
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= _ALIKE else None


def parameters_of_operation(view: type, method: str | None) -> frozenset[str] | None:
    """The names that the schema declares for ``method`` of ``view``; None when it tells nothing of it."""
    return _parameters(view, method or "", settings.ROOT_URLCONF)


@lru_cache(maxsize=4)
def _operations(urls: str) -> dict[tuple[type, str], tuple[str, str, Any]]:
    """Path, its pattern and what answers it, by view and method."""
    generator: Any = spectacular_settings.DEFAULT_GENERATOR_CLASS(urlconf=urls)
    generator._initialise_endpoints()
    rows = generator.endpoints
    return {(callback.cls, method): (path, pattern, callback) for path, pattern, method, callback in rows}


@lru_cache(maxsize=1024)
def _parameters(view: type, method: str, urls: str) -> frozenset[str] | None:
    found = _operations(urls).get((view, method))
    if found is None:
        return None
    path, pattern, callback = found
    generator: Any = spectacular_settings.DEFAULT_GENERATOR_CLASS(urlconf=urls)
    drawn = generator.create_view(callback, method)
    drawn.request = spectacular_settings.GET_MOCK_REQUEST(method, path, drawn, None)
    prefix = spectacular_settings.SCHEMA_PATH_PREFIX
    with GENERATOR_STATS.silence():  # what it warns of belongs to the drawing of the whole schema
        told = drawn.schema.get_operation(path, pattern, prefix, method, generator.registry)
    if told is None:
        return None
    return frozenset(row["name"] for row in told.get("parameters", ()) if row["in"] == "query")
