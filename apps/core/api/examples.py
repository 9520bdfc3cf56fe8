"""Examples of operations for the schema and its page; each app fills in its own.

In an app's ``api`` (in ``views.py`` or an ``examples.py`` that ``urls.py`` imports)::

    example("devices_create", "A water level sensor", request={…}, response={…}, status=201)
    example("devices_list", "Devices of a trial", parameters={"trial": "2026-015", "limit": 50})

``response`` of a list is one row. Where nothing stands here, the examples of the serializer are shown.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_BODIES: dict[str, list[OpenApiExample]] = {}
_PARAMETERS: dict[str, dict[str, Any]] = {}


def example(
    operation: str,
    name: str,
    *,
    request: Any = None,
    response: Any = None,
    status: int = 200,
    parameters: dict[str, Any] | None = None,
    description: str = "",
) -> None:
    """Keep an example of the operation with this ``operation_id``."""
    kept = _BODIES.setdefault(operation, [])
    if request is not None:
        kept.append(OpenApiExample(name, value=request, request_only=True, description=description))
    if response is not None:
        kept.append(
            OpenApiExample(
                name, value=response, response_only=True, status_codes=[str(status)], description=description
            )
        )
    _PARAMETERS.setdefault(operation, {}).update(parameters or {})


def examples_of(operation: str) -> list[OpenApiExample]:
    """Examples of request and answer."""
    return list(_BODIES.get(operation, ()))


def parameters_of(operation: str) -> dict[str, Any]:
    """Example values of parameters by name."""
    return dict(_PARAMETERS.get(operation, {}))
