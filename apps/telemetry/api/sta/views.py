"""GET /api/sta/v1.1/…: what the key's devices sent, as OGC SensorThings 1.1 tells it. Read only."""

from __future__ import annotations

from typing import Any, Final

import orjson
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.apikeys.enums import Scope
from apps.core.api import problem
from apps.core.json_text import json_bytes
from apps.telemetry.api.sta.answering import Answers
from apps.telemetry.api.sta.finding import Found, catalogue_for, find, nowhere
from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.kinds import SETS
from apps.telemetry.rules.sta.options import Options, options_parse
from apps.telemetry.rules.sta.paths import path_parse
from apps.telemetry.selectors.sta.entity import inside

_REQUIREMENT: Final = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
#: What is done in full. Functions of $filter are not all there, so they are not named.
_CONFORMANCE: Final = (
    "datamodel",
    "resource-path/resource-path-to-entities",
    "request-data/order",
    "request-data/expand",
    "request-data/select",
    "request-data/status-code",
    "request-data/query-status-code",
    "request-data/orderby",
    "request-data/top",
    "request-data/skip",
    "request-data/count",
    "request-data/filter",
    "request-data/built-in-filter-operations",
    "request-data/pagination",
)
#: Options that only a set can answer.
_OF_SETS: Final = ("$top", "$skip", "$count", "$orderby", "$filter", "$skiptoken")


class _SensorThings(APIView):
    def handle_exception(self, exc: Exception) -> Response:
        """A bad option is 400 here, as the standard has it; ``message`` is where its clients look."""
        if not isinstance(exc, BadOption):
            return super().handle_exception(exc)
        row: dict[str, Any] = {"in": "query", "pointer": f"/{exc.option}", "detail": exc.message}
        row |= {"code": exc.code} | ({} if exc.at is None else {"position": exc.at})
        answer = problem(400, exc.code, exc.message, message=exc.message, errors=[row])
        answer.exception = True
        return answer

    def base(self) -> str:
        return self.request.build_absolute_uri(reverse("api-sta-root")).rstrip("/")


@extend_schema(exclude=True)
class RootView(_SensorThings):
    """The sets, and what of the standard is kept. Open to all."""

    required_scopes = ()

    def get(self, request: Request) -> Response:
        for name in request.query_params:
            if name.startswith("$"):
                raise BadOption(name, _("There is no such option here."))
        base = self.base()
        sets = [{"name": name, "url": f"{base}/{name}"} for name in SETS]
        settings = {"conformance": [_REQUIREMENT + name for name in _CONFORMANCE]}
        return Response({"value": sets, "serverSettings": settings})


@extend_schema(exclude=True)
class EntityView(_SensorThings):
    """Any set, entity, property or reference. Scope `read:data`."""

    required_scopes = (Scope.READ_DATA,)

    def get(self, request: Request, path: str) -> HttpResponse:
        steps = path_parse(path)
        if steps is None:
            raise nowhere()
        given = [(name, text) for name, texts in request.query_params.lists() for text in texts]
        asked = " ".join(text for row in given for text in row)
        catalogue = catalogue_for(request.auth, steps, asked, get_language())
        found = find(request.auth, catalogue, steps)
        options = options_parse(given, found.kind)
        if found.inside:
            return _property(found)
        answers = Answers(catalogue, self.base())
        if found.one:
            return Response(_one(answers, found, options))
        address = f"{self.base()}/{path.strip('/')}"
        return Response(
            _many(answers, found, options, request.build_absolute_uri().partition("?")[0] or address)
        )


def _one(answers: Answers, found: Found, options: Options) -> dict[str, Any]:
    for name in _OF_SETS:
        if name in options.raw:
            raise BadOption(name, _("This option is for sets only."))
    if found.end == "$ref":
        return {"@iot.selfLink": answers.address(found.rows[0])}
    return answers.written(found.rows, options)[0]


def _many(answers: Answers, found: Found, options: Options, address: str) -> dict[str, Any]:
    if found.kind.name == "Observation":
        part = answers.part_of_streams(found.streams, options)
    else:
        part = answers.part(found.rows, options)
    if found.end == "$ref":
        return answers.references(part, options, address)
    return answers.collection(part, options, address)


def _property(found: Found) -> HttpResponse:
    value = inside(found.rows[0], found.inside)
    if value is None:
        return HttpResponse(status=204)
    if found.end != "$value":
        return Response({found.inside[-1]: value})
    text = value if isinstance(value, str) else json_bytes(value, orjson.OPT_UTC_Z).decode().strip('"')
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
