"""The API's reference: every operation in the reader's language, from the schema that machines read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.generators import SchemaGenerator

from apps.core.errors import NotFound
from apps.portal.rules.openapi import Operation, operations

#: The groups of operations in the order of the page: tag, title, what is in it. Others follow by name.
GROUPS: dict[str, tuple[Any, Any]] = {
    "devices": (_lazy("Devices"), _lazy("Register, look at, change and retire your devices.")),
    "data": (
        _lazy("Data"),
        _lazy("What your devices sent: newest values, single uplinks, series over time."),
    ),
    "downlinks": (_lazy("Sending to devices"), _lazy("Commands to a device, and how far they are.")),
    "usage": (_lazy("Limits and usage"), _lazy("What was granted, what is in use, and messages by day.")),
    "exports": (_lazy("Files"), _lazy("Large amounts as files, made in the background.")),
    "alerts": (_lazy("Alerts"), _lazy("What your rules told of, and the rules.")),
    "webhooks": (_lazy("Webhooks"), _lazy("News of your devices, sent to an address of yours.")),
    "key": (_lazy("This key"), _lazy("What the key that asks may do, and its limits.")),
    "calls": (_lazy("Calls"), _lazy("What the city calls for. Open to everyone.")),
    "trials": (_lazy("Trials"), _lazy("What was adopted, and how many applied. Open to everyone.")),
    "reports": (_lazy("Records"), _lazy("What came out of trials. Open to everyone.")),
    "coverage": (_lazy("Coverage"), _lazy("Where devices were heard. Open to everyone.")),
}


@dataclass(frozen=True)
class Group:
    """The operations of one tag."""

    tag: str
    title: str
    text: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Reference:
    """The whole API in one language."""

    groups: tuple[Group, ...]

    @property
    def operations(self) -> list[Operation]:
        return [operation for group in self.groups for operation in group.operations]


@lru_cache(maxsize=4)
def schema(language: str) -> Mapping[str, Any]:
    """The OpenAPI schema with its texts in ``language``; drawn once for each process."""
    generator: Any = SchemaGenerator
    with translation.override(language):
        found: Mapping[str, Any] = generator().get_schema(request=None, public=True)
    return found


@lru_cache(maxsize=4)
def _reference(language: str) -> Reference:
    by_tag: dict[str, list[Operation]] = {}
    for operation in operations(schema(language)):
        by_tag.setdefault(operation.tag, []).append(operation)
    order = {tag: place for place, tag in enumerate(GROUPS)}
    with translation.override(language):
        groups = []
        for tag in sorted(by_tag, key=lambda tag: (order.get(tag, len(order)), tag)):
            title, text = GROUPS.get(tag, (tag.replace("-", " ").capitalize(), ""))
            groups.append(Group(tag, str(title), str(text), tuple(by_tag[tag])))
    return Reference(tuple(groups))


def reference() -> Reference:
    """Every operation in the language of the page."""
    return _reference(get_language() or "en")


def access_operation(name: str) -> tuple[Group, Operation]:
    """One operation by its id, and its group; raises ``NotFound``."""
    for group in reference().groups:
        for operation in group.operations:
            if operation.id == name:
                return group, operation
    raise NotFound(_("This page does not exist."))


def found_operations(text: str) -> Reference:
    """The operations whose path, name or words hold every word of ``text``."""
    words = text.casefold().split()
    groups = []
    for group in reference().groups:
        kept = tuple(o for o in group.operations if _holds(group, o, words))
        if kept:
            groups.append(Group(group.tag, group.title, group.text, kept))
    return Reference(tuple(groups))


def _holds(group: Group, operation: Operation, words: list[str]) -> bool:
    shown = (operation.id, operation.method, operation.path, operation.summary, group.title)
    whole = " ".join(shown).casefold()
    return all(word in whole for word in words)
