"""The kinds of exports: apps that hold data register theirs in ``AppConfig.ready``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Some rows in the order of the columns, and the place after them (JSON); None: there are no more."""

    rows: Sequence[Sequence[Any]]
    after: Any


@dataclass(frozen=True)
class Contents:
    """An export in words, in the active language: what is in it, how its file begins, where it belongs."""

    title: str
    detail: str
    stem: str


@dataclass(frozen=True)
class ExportKind:
    """How one kind of data is asked for, checked, told and read.

    ``clean(organization, actor, asked)`` gives ``params`` (JSON) and the subject, or raises ``InvalidInput``
    or ``NotFound``; ``actor`` is a person or a key of the API. ``may_see(organization, actor, many)`` says
    for each of many params whether the actor may see it now; it is asked at each download.
    ``rows(params, columns, after, limit)`` reads on after a place, in an order that does not change: memory
    stays flat and an interrupted export goes on.
    """

    code: str
    label: str | Promise
    clean: Callable[[Any, Any, Params], tuple[dict[str, Any], uuid.UUID | None]]
    may_see: Callable[[Any, Any, Sequence[Params]], list[bool]]
    describe: Callable[[Params], Contents]
    count: Callable[[Params], int]
    columns: Callable[[Params], list[str]]
    rows: Callable[[Params, Sequence[str], Any, int], Page]


_kinds: dict[str, ExportKind] = {}


def register_export(kind: ExportKind) -> None:
    """Let ``kind`` be asked for by its code."""
    _kinds[kind.code] = kind


def kind_of(code: str) -> ExportKind | None:
    """The kind ``code``; None when no app gives it (any more)."""
    return _kinds.get(code)


def kinds() -> list[ExportKind]:
    return [_kinds[code] for code in sorted(_kinds)]
