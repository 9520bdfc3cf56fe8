"""OpenAPI of every operation: what all have in common is written here and nowhere else."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from apps.core.api.examples import examples_of, parameters_of
from apps.core.api.fields import FIELDS_PARAMETER, ChosenFields
from apps.core.api.problems import PROBLEM_JSON, ProblemSerializer

IDEMPOTENCY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 visible ASCII characters of your choice. For 24 hours the same key with the "
    "same body repeats the answer and does nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_ETAG = {"description": "Changes with the content; send it as `If-None-Match`.", "schema": {"type": "string"}}
_SAME = "The content is still that of the `ETag` sent as `If-None-Match`; no body."
_WITH_BODY = ("POST", "PUT", "PATCH")


class ApiSchema(AutoSchema):
    """Adds refusals, ``fields``, ``Idempotency-Key``, ETags and the examples of ``core.api.examples``."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super()._get_parameters()
        if self.method == "GET" and self._chooses_fields():
            found.append(dict(FIELDS_PARAMETER))
        if self.is_idempotent():
            found.append(dict(IDEMPOTENCY_PARAMETER))
        samples = parameters_of(self.get_operation_id())
        for row in found:
            if row["name"] in samples:
                row["example"] = samples[row["name"]]
        return found

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Asked of the answer alone: among refusals named by their media type it would not be found, and
        the list would lack ``limit`` and ``cursor``."""
        told: Any = self.get_response_serializers() if serializer is None else serializer
        if isinstance(told, dict):
            told = {code: answer for code, answer in told.items() if isinstance(code, int)} or told
        return bool(super()._is_list_view(told))

    def get_extensions(self) -> dict[str, Any]:
        """``x-required-scopes``: what the key must be allowed to do; all of them."""
        scopes = [str(scope) for scope in getattr(self.view, "required_scopes", None) or ()]
        return {**super().get_extensions(), **({"x-required-scopes": scopes} if scopes else {})}

    def is_idempotent(self) -> bool:
        """Whether the operation takes an ``Idempotency-Key``."""
        handler = getattr(self.view, self.method.lower(), None)
        return bool(getattr(handler, "is_idempotent", False))

    def _chooses_fields(self) -> bool:
        told: Any = self.get_response_serializers()
        answer = told.get(200) if isinstance(told, dict) else told
        if isinstance(answer, serializers.ListSerializer):
            answer = answer.child
        kind = answer if isinstance(answer, type) else type(answer)
        return issubclass(kind, ChosenFields) or bool(getattr(self.view, "chooses_fields", False))

    def _get_examples(
        self, serializer: Any, direction: Any, media_type: str, status_code: Any = None, extras: Any = None
    ) -> Any:
        ours = examples_of(self.get_operation_id()) if media_type == "application/json" else []
        wanted = [
            row
            for row in ours
            if (direction == "request" and row.request_only)
            or (direction == "response" and row.response_only and status_code in (row.status_codes or ()))
        ]
        return super()._get_examples(  # type: ignore[no-untyped-call]
            serializer, direction, media_type, status_code, [*(extras or []), *wanted]
        )

    def refusals(self) -> list[str]:
        """Statuses that any operation of this kind may answer."""
        found = {"400", "406", "429"}  # a parameter that it does not know is refused by each
        if getattr(self.view, "required_scopes", ()):
            found |= {"401", "403"}
        else:
            found |= {"401"}  # a key that is none is refused everywhere
        parameters = self._get_parameters()
        if any(row["in"] == "path" for row in parameters):
            found |= {"404"}
        if any(row["in"] == "query" for row in parameters):
            found |= {"422"}
        if self.method in _WITH_BODY and self.get_request_serializer() is not None:
            found |= {"413", "415", "422"}
        if self.is_idempotent():
            found |= {"409", "422"}
        return sorted(found)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        answer: Any = self._get_response_for_code
        for status in self.refusals():
            if status not in bodies:
                bodies[status] = answer(ProblemSerializer, status, [PROBLEM_JSON], direction)
        if self.method == "GET":
            bodies["304"] = {"description": _SAME}
            bodies.get("200", {}).setdefault("headers", {})["ETag"] = _ETAG
        return dict(sorted(bodies.items()))
