"""The examples of the API's schema are true: each fits the schema beside it and holds nothing unknown."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from apps.portal.selectors.reference import schema

pytestmark = pytest.mark.django_db

formats = FormatChecker(formats=[])


def _format(name: str, check: Callable[[str], Any]) -> None:
    formats.checks(name, raises=ValueError)(lambda value: not isinstance(value, str) or bool(check(value)))


_format("uuid", uuid.UUID)
_format("date-time", lambda text: datetime.fromisoformat(text).tzinfo)
_format("date", date.fromisoformat)
_format("uri", lambda text: "://" in text)


def strict(node: Any, *, closed: bool = True) -> Any:
    """OpenAPI 3.0 as JSON Schema: ``nullable`` in words of JSON Schema, no member beside the known ones."""
    if isinstance(node, list):
        return [strict(part, closed=closed) for part in node]
    if not isinstance(node, dict):
        return node
    whole = "allOf" not in node
    found = {name: strict(part, closed=closed and whole) for name, part in node.items() if name != "nullable"}
    if closed and whole and "properties" in found and isinstance(found["properties"], dict):
        found.setdefault("additionalProperties", False)
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found


def _examples() -> list[tuple[str, Any, Any]]:
    """(where, schema, value) of every example of a body or a parameter."""
    found = []
    for path, methods in schema("en")["paths"].items():
        for method, row in methods.items():
            where = f"{method.upper()} {path}"
            contents = {"request": row.get("requestBody", {}).get("content", {})}
            contents |= {status: part.get("content", {}) for status, part in row["responses"].items()}
            for part, content in contents.items():
                for media in content.values():
                    for name, example in media.get("examples", {}).items():
                        found.append((f"{where} {part} {name}", media["schema"], example["value"]))
            for parameter in row.get("parameters", ()):
                if "example" in parameter:
                    found.append((f"{where} {parameter['name']}", parameter["schema"], parameter["example"]))
    return found


def test_every_example_fits_its_schema() -> None:
    components = strict(schema("en")["components"])
    wrong = []
    for where, part, value in _examples():
        whole = {**strict(part), "components": components}
        checked = Draft202012Validator(whole, format_checker=formats)
        wrong += [f"{where} {error.json_path}: {error.message[:160]}" for error in checked.iter_errors(value)]
    assert not wrong, "\n".join(wrong)


def test_every_operation_shows_its_answer() -> None:
    """What comes back as JSON is shown by an example."""
    bare = []
    for path, methods in schema("en")["paths"].items():
        for method, row in methods.items():
            for status, answer in row["responses"].items():
                media = answer.get("content", {}).get("application/json")
                if status < "300" and media is not None and not media.get("examples"):
                    bare.append(f"{method.upper()} {path} {status} ({row['operationId']})")
                media = row.get("requestBody", {}).get("content", {}).get("application/json")
                if media is not None and not media.get("examples"):
                    bare.append(f"{method.upper()} {path} request ({row['operationId']})")
    assert not bare, "\n".join(dict.fromkeys(bare))
