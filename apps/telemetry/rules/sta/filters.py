"""``$filter`` as a tree: and, or, not, comparisons, arithmetic, functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.words import Interval, Word, words

COMPARISONS: Final = ("eq", "ne", "gt", "ge", "lt", "le")
#: Name of each function, and how many arguments it takes.
FUNCTIONS: Final = {
    "substringof": (2,),
    "contains": (2,),
    "startswith": (2,),
    "endswith": (2,),
    "length": (1,),
    "indexof": (2,),
    "substring": (2, 3),
    "tolower": (1,),
    "toupper": (1,),
    "trim": (1,),
    "concat": (2,),
    "year": (1,),
    "month": (1,),
    "day": (1,),
    "hour": (1,),
    "minute": (1,),
    "second": (1,),
    "now": (0,),
    "round": (1,),
    "floor": (1,),
    "ceiling": (1,),
    "before": (2,),
    "after": (2,),
    "during": (2,),
    "geo.intersects": (2,),
    "st_intersects": (2,),
    "st_within": (2,),
}
_DEEPEST: Final = 40
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Literal:
    value: Any
    at: int


@dataclass(frozen=True)
class Shape:
    """A geometry in WKT."""

    text: str
    at: int


@dataclass(frozen=True)
class Path:
    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True)
class Operation:
    """``name``: a comparison, ``add sub mul div mod``, ``and``, ``or``."""

    name: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True)
class Not:
    inner: Expression
    at: int


Expression = Literal | Shape | Path | Call | Operation | Not

_BINDING: Final = (("or",), ("and",), COMPARISONS, ("add", "sub"), ("mul", "div", "mod"))


def filter_parse(text: str, option: str = "$filter") -> Expression:
    """The tree of ``text``; raises ``BadOption`` with the place of the first thing that is wrong."""
    reader = _Reader(words(text, option), option)
    tree = reader.binary(0)
    reader.expect_end()
    return tree


class _Reader:
    def __init__(self, row: list[Word], option: str) -> None:
        self.row, self.option, self.place, self.depth = row, option, 0, 0

    @property
    def word(self) -> Word:
        return self.row[self.place]

    def refuse(self, word: Word, text: str) -> BadOption:
        return BadOption(self.option, text, at=word.at)

    def take(self) -> Word:
        word = self.word
        self.place += word.kind != "end"
        return word

    def is_sign(self, sign: str) -> bool:
        return self.word.kind == "sign" and self.word.value == sign

    def expect(self, sign: str) -> None:
        if not self.is_sign(sign):
            raise self.refuse(self.word, _("Here “%(sign)s” is missing.") % {"sign": sign})
        self.take()

    def expect_end(self) -> None:
        if self.word.kind != "end":
            raise self.refuse(
                self.word, _("This is not expected here: “%(text)s”.") % {"text": self.word.value}
            )

    def binary(self, level: int) -> Expression:
        """Operations that bind at least as tightly as those of ``level``, from left to right."""
        if level == 2 and self.word.kind == "name" and self.word.value == "not":
            word = self.take()
            return Not(self.deeper(word, 2), word.at)
        if level == len(_BINDING):
            return self.primary()
        left = self.binary(level + 1)
        while self.word.kind == "name" and self.word.value in _BINDING[level]:
            word = self.take()
            left = Operation(word.value, left, self.binary(level + 1), word.at)
        return left

    def deeper(self, word: Word, level: int) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.refuse(word, _("This is nested too deeply."))
        inner = self.binary(level)
        self.depth -= 1
        return inner

    def primary(self) -> Expression:
        word = self.take()
        if word.kind == "sign" and word.value == "(":
            inner = self.deeper(word, 0)
            self.expect(")")
            return inner
        if word.kind == "value":
            return self.literal(word)
        if word.kind == "shape":
            return Shape(word.value, word.at)
        if word.kind != "name":
            raise self.refuse(word, _("Here a name or a value is missing."))
        if word.value in _CONSTANTS:
            return Literal(_CONSTANTS[word.value], word.at)
        return self.call(word) if self.is_sign("(") else Path(tuple(word.value.split("/")), word.at)

    def literal(self, word: Word) -> Literal:
        """A value, or an interval: two times with a slash between them."""
        if not self.is_sign("/"):
            return Literal(word.value, word.at)
        self.take()
        start, end = word.value, self.take()
        if not isinstance(start, datetime) or not isinstance(end.value, datetime):
            raise self.refuse(end, _("An interval is two times with “/” between them."))
        if end.value <= start:
            raise self.refuse(end, _("An interval ends after it begins."))
        return Literal(Interval(start, end.value), word.at)

    def call(self, word: Word) -> Call:
        if word.value not in FUNCTIONS:
            raise self.refuse(word, _("There is no function “%(name)s” here.") % {"name": word.value})
        self.expect("(")
        arguments: list[Expression] = []
        while not self.is_sign(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.deeper(word, 0))
        self.expect(")")
        if len(arguments) not in FUNCTIONS[word.value]:
            raise self.refuse(
                word,
                ngettext(
                    "“%(name)s” takes %(number)s argument.",
                    "“%(name)s” takes %(number)s arguments.",
                    FUNCTIONS[word.value][-1],
                )
                % {"name": word.value, "number": "/".join(str(n) for n in FUNCTIONS[word.value])},
            )
        return Call(word.value, tuple(arguments), word.at)
