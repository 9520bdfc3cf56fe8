"""``fields=name,state``: only these members of each row are worked out and sent."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.api.problems import BadParameter

FIELDS_PARAMETER: dict[str, Any] = {
    "name": "fields",
    "in": "query",
    "required": False,
    "explode": False,
    "style": "form",
    "description": "Only these members, with commas between. What is left out costs no work.",
    "schema": {"type": "array", "items": {"type": "string"}},
}


def chosen_fields(request: Request | Any, known: list[str]) -> list[str] | None:
    """Which of ``known`` are asked for, None for all; 400 ``unknown_field`` for any other."""
    if request is None or "fields" not in request.query_params:
        return None
    wanted = [name.strip() for name in request.query_params["fields"].split(",")]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        text = _("There is no field “%(name)s”. Choose from: %(known)s.")
        words = text % {"name": unknown[0][:40], "known": ", ".join(known)}
        raise BadParameter(words, name="fields", code="unknown_field", status=400)
    return wanted


class ChosenFields(serializers.Serializer[Any]):
    """A serializer whose members the caller may choose. An empty page refuses unknown ones too."""

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        rows: Any = super().many_init(*args, **kwargs)
        rows.child.fields  # noqa: B018 -- refuses unknown names before any row is read
        return rows

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        outer: Any = self.parent
        is_row = outer is None or (isinstance(outer, serializers.ListSerializer) and outer.parent is None)
        request, view = self.context.get("request"), self.context.get("view")
        if not is_row or request is None or request.method not in ("GET", "HEAD"):
            return fields
        if getattr(view, "swagger_fake_view", False):  # the schema is drawn by a request of its own
            return fields
        wanted = chosen_fields(request, list(fields))
        return fields if wanted is None else {name: fields[name] for name in fields if name in wanted}
