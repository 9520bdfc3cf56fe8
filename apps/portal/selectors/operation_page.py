"""One operation as its page shows it: its values, its snippets, what may be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.apikeys.enums import DOCS_SCOPES
from apps.portal.rules.openapi import Operation
from apps.portal.rules.samples import LISTS, Value, address, own_body, values
from apps.portal.rules.snippets import Call, Snippet, snippets
from apps.portal.selectors.reader import Reader
from apps.portal.selectors.reference import access_operation

#: With what one begins: the list of one's devices, then what one of them sent.
FIRST, THEN = "devices_list", "devices_uplinks_list"


@dataclass(frozen=True)
class ShownOperation:
    """``path`` is the address below ``base_url`` with every value in it."""

    operation: Operation
    values: Sequence[Value]
    path: str
    base_url: str
    snippets: Sequence[Snippet]

    @property
    def samples(self) -> list[Value]:
        """What is neither the reader's own nor really there."""
        return [row for row in self.values if row.origin == "sample"]

    @property
    def placeholders(self) -> list[tuple[Value, Operation]]:
        """What the reader has none of yet, with the operation that lists them."""
        rows = [row for row in self.values if row.origin == "placeholder"]
        return [(row, access_operation(LISTS[row.names])[1]) for row in rows]

    @property
    def own(self) -> list[Value]:
        return [row for row in self.values if row.origin == "own"]

    @property
    def can_be_tried(self) -> bool:
        """It only reads, and a read-only key (or none) is enough."""
        return self.operation.method == "GET" and set(self.operation.scopes) <= set(DOCS_SCOPES)

    @property
    def inputs(self) -> list[Value]:
        return [row for row in self.values if row.field.place in ("path", "query")]


def _body(operation: Operation, own: dict[str, str]) -> Any:
    if operation.body is None:
        return None
    examples = operation.body.examples
    return own_body(examples[0].value, own) if examples else {}


def shown_operation(operation: Operation, *, reader: Reader, base_url: str) -> ShownOperation:
    """``operation`` with the reader's own values in it, else public ones, else samples."""
    given = values(operation, own=reader.own, public=reader.public)
    path = address(operation, given)
    good = operation.good
    call = Call(
        method=operation.method,
        url=f"{base_url.rstrip('/')}{path}",
        needs_key=not operation.public,
        body=_body(operation, reader.own),
        headers={row.field.name: row.value for row in given if row.field.place == "header" and row.value},
        answers_json=good is None or good.body is None or good.body.media.endswith("json"),
    )
    return ShownOperation(operation, given, path, base_url.rstrip("/"), snippets(call))


def first_operations(*, reader: Reader, base_url: str) -> dict[str, ShownOperation]:
    """``first`` and ``then``: the two requests with which the overview begins."""
    names = {"first": FIRST, "then": THEN}
    found = {label: access_operation(name)[1] for label, name in names.items()}
    return {label: shown_operation(row, reader=reader, base_url=base_url) for label, row in found.items()}
