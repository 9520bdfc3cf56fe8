"""An OpenAPI 3 schema as what a page shows: operations by tag, fields in a tree, answers with examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
#: Fields within fields are shown so deep; a schema may name itself.
DEEPEST = 6
_CHOICE = re.compile(r"^\* `(?P<value>[^`]*)` - (?P<label>.*)$")
_HASH = re.compile(r"\n*:?(?:hash|sha):?`?[0-9a-f]+`?$")


@dataclass(frozen=True)
class Field:
    """One property, parameter or item. ``place`` is ``path``, ``query``, ``header`` or empty."""

    name: str
    kind: str = ""
    text: str = ""
    required: bool = False
    nullable: bool = False
    place: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    example: Any = None
    children: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Example:
    """A body as it travels; ``text`` is JSON with indents, or the text itself."""

    name: str
    value: Any

    @property
    def text(self) -> str:
        if isinstance(self.value, str):
            return self.value
        return json.dumps(self.value, ensure_ascii=False, indent=2)


@dataclass(frozen=True)
class Body:
    """What is sent, or what comes back in one media type."""

    media: str
    kind: str
    text: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Answer:
    """What comes back with one status; ``body`` is None for an empty answer."""

    status: str
    text: str
    body: Body | None

    @property
    def refuses(self) -> bool:
        return self.status >= "4"


@dataclass(frozen=True)
class Operation:
    """One method on one path. ``scopes``: what a key must be allowed to do."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    text: str
    public: bool
    scopes: tuple[str, ...] = ()
    parameters: tuple[Field, ...] = ()
    body: Body | None = None
    answers: tuple[Answer, ...] = field(default_factory=tuple)

    @property
    def good(self) -> Answer | None:
        """The answer when all is well."""
        return next((answer for answer in self.answers if not answer.refuses), None)

    @property
    def refusals(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.refuses]


class _Reader:
    """Reads pieces of one schema, with its components at hand."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.components = schema.get("components", {})

    def follow(self, node: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """``node`` with its reference and its single ``allOf`` resolved, and the component's name."""
        merged: dict[str, Any] = dict(node)
        name = ""
        for _ in range(DEEPEST):
            parts = merged.pop("allOf", None)
            if parts is not None and len(parts) == 1:
                merged = {**parts[0], **merged}
            elif parts is not None:
                whole: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
                for part in parts:
                    found, _name = self.follow(part)
                    whole["properties"].update(found.get("properties", {}))
                    whole["required"] += found.get("required", [])
                merged = {**whole, **merged}
            reference = merged.pop("$ref", None)
            if reference is None:
                break
            name = reference.rsplit("/", 1)[-1]
            merged = {**self.component(reference), **merged}
        return merged, name

    def component(self, reference: str) -> dict[str, Any]:
        _hash, _components, group, name = reference.split("/", 3)
        found: dict[str, Any] = self.components.get(group, {}).get(name, {})
        return found

    def kind(self, node: Mapping[str, Any]) -> str:
        """Its type in a word: ``string (uuid)``, ``integer``, ``Device[]``."""
        found, name = self.follow(node)
        alternatives = found.get("oneOf") or found.get("anyOf")
        if alternatives:
            words = [self.kind(part) for part in alternatives]
            return " | ".join(dict.fromkeys(word for word in words if word)) or "any"
        given = found.get("type", "")
        if isinstance(given, list):
            given = next((word for word in given if word != "null"), "")
        if given == "array":
            return f"{self.kind(found.get('items', {}))}[]"
        if given == "object" or "properties" in found:
            return name or "object"
        if not given and "enum" in found:
            return "string" if any(found["enum"]) else ""
        if not given:
            return "any"
        return f"{given} ({found['format']})" if found.get("format") else str(given)

    def inside(self, node: Mapping[str, Any], seen: Sequence[str] = ()) -> tuple[Field, ...]:
        """The fields of an object or of the items of a list."""
        found, name = self.follow(node)
        if len(seen) >= DEEPEST or (name and name in seen):
            return ()
        seen = [*seen, name]
        if found.get("type") == "array":
            return self.inside(found.get("items", {}), seen)
        required = set(found.get("required", ()))
        rows = [
            self.field(label, part, required=label in required, seen=seen)
            for label, part in found.get("properties", {}).items()
        ]
        if isinstance(found.get("additionalProperties"), dict) and found["additionalProperties"]:
            rows.append(self.field("…", found["additionalProperties"], required=False, seen=seen))
        if not rows:
            for part in found.get("oneOf") or found.get("anyOf") or ():
                rows += [row for row in self.inside(part, seen) if row.name not in {r.name for r in rows}]
        return tuple(rows)

    def field(
        self, name: str, node: Mapping[str, Any], *, required: bool, seen: Sequence[str] = (), place: str = ""
    ) -> Field:
        found, _component = self.follow(node)
        text, labels = _choices_of(str(found.get("description", "")))
        values = self._values(found)
        named = {value: labels.get(value, "") for value in values}
        return Field(
            name=name,
            kind=self.kind(node),
            text=text if node.get("description") or not found.get("properties") else "",
            required=required,
            nullable=bool(found.get("nullable")) or "null" in _types(found),
            place=place,
            choices=tuple(named.items()),
            limits=_limits(found),
            example=found.get("example"),
            children=self.inside(node, seen),
        )

    def _values(self, found: Mapping[str, Any]) -> list[str]:
        """The values a field may have, those of alternatives and of a list's items too."""
        if "enum" in found:
            return [str(value) for value in found["enum"] if value not in (None, "")]
        parts = [*(found.get("oneOf") or ()), *(found.get("anyOf") or ())]
        if found.get("type") == "array":
            parts.append(found.get("items", {}))
        return [value for part in parts for value in self._values(self.follow(part)[0])]

    def body(self, content: Mapping[str, Any]) -> Body | None:
        """What stands under ``content``: JSON if there is some, else the first media type."""
        if not content:
            return None
        media = next((name for name in content if name.endswith("json")), next(iter(content)))
        node = content[media].get("schema", {})
        found, _name = self.follow(node)
        return Body(
            media=media,
            kind=self.kind(node),
            text=_choices_of(str(found.get("description", "")))[0],
            fields=self.inside(node),
            examples=tuple(_examples(content[media])),
        )

    def parameter(self, row: Mapping[str, Any]) -> Field:
        if "$ref" in row:
            row = self.component(row["$ref"])
        node = dict(row.get("schema", {}))
        found = self.field(
            row["name"], node, required=bool(row.get("required")), place=str(row.get("in", "query"))
        )
        text, labels = _choices_of(str(row.get("description", "")))
        choices = tuple((value, labels.get(value) or label) for value, label in found.choices)
        given = next((example.value for example in _examples(row)), found.example)
        return replace(found, text=text or found.text, choices=choices, example=given)

    def operation(self, path: str, method: str, row: Mapping[str, Any], common: Iterable[Any]) -> Operation:
        text = str(row.get("description", "") or "").strip()
        parameters = [self.parameter(part) for part in [*common, *row.get("parameters", [])]]
        answers = [
            Answer(status, str(part.get("description", "")), self.body(part.get("content", {})))
            for status, part in sorted(row.get("responses", {}).items())
        ]
        order = {"path": 0, "query": 1, "header": 2}
        return Operation(
            id=row["operationId"],
            method=method.upper(),
            path=path,
            tag=(row.get("tags") or ["api"])[0],
            summary=row.get("summary", "") or row["operationId"].replace("_", " "),
            text=text,
            public=not row.get("security") or {} in row["security"],
            scopes=tuple(row.get("x-required-scopes", ())),
            parameters=tuple(
                sorted(
                    parameters,
                    key=lambda p: (order.get(p.place, 3), path.find(f"{{{p.name}}}"), not p.required),
                )
            ),
            body=self.body(row.get("requestBody", {}).get("content", {})),
            answers=tuple(answers),
        )


def _types(node: Mapping[str, Any]) -> Sequence[str]:
    given = node.get("type", "")
    return given if isinstance(given, list) else [given]


def _limits(node: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What bounds a value, as (name of the bound in OpenAPI, its value)."""
    names = ("minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern", "default")
    return tuple((name, str(node[name])) for name in names if node.get(name) not in (None, ""))


def _choices_of(text: str) -> tuple[str, dict[str, str]]:
    """A description without drf-spectacular's list of values, and that list."""
    kept, labels = [], {}
    for line in text.splitlines():
        if found := _CHOICE.match(line.strip()):
            labels[found["value"]] = found["label"]
        else:
            kept.append(line)
    return _HASH.sub("", "\n".join(kept).strip()), labels


def _examples(node: Mapping[str, Any]) -> list[Example]:
    if "example" in node:
        return [Example("", node["example"])]
    return [
        Example(row.get("summary", name), row["value"])
        for name, row in node.get("examples", {}).items()
        if "value" in row
    ]


def operations(schema: Mapping[str, Any]) -> list[Operation]:
    """Every operation of ``schema`` in the order of its paths."""
    reader = _Reader(schema)
    return [
        reader.operation(path, method, methods[method], methods.get("parameters", ()))
        for path, methods in schema.get("paths", {}).items()
        for method in METHODS
        if method in methods
    ]
