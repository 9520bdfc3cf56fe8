"""``$top $skip $count $orderby $select $expand $filter`` of an address, nested ones in brackets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils.translation import gettext as _

from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.evaluate import names
from apps.telemetry.rules.sta.filters import Expression, Path, filter_parse
from apps.telemetry.rules.sta.kinds import ID_NAMES, KINDS, Kind

MOST_AT_ONCE: Final = 1000
DEFAULT_TOP: Final = 100
_DEEPEST: Final = 5
_MOST_SKIPPED: Final = 10_000_000
_KNOWN: Final = ("$top", "$skip", "$count", "$orderby", "$select", "$expand", "$filter")


@dataclass(frozen=True)
class Order:
    path: Path
    descending: bool


@dataclass(frozen=True)
class Options:
    """``raw``: each option as it came, from which the link to the next page is made."""

    top: int = DEFAULT_TOP
    skip: int = 0
    count: bool = False
    order: tuple[Order, ...] = ()
    select: tuple[str, ...] = ()
    expand: Mapping[str, Options] = field(default_factory=dict)
    filter: Expression | None = None
    token: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)


def options_parse(given: Iterable[tuple[str, str]], kind: Kind) -> Options:
    """The options of an address, checked against ``kind``; raises ``BadOption``.

    Names without ``$`` are not ours and are let be.
    """
    raw: dict[str, str] = {}
    for name, text in given:
        if not name.startswith("$"):
            continue
        if name in raw:
            raise BadOption(name, _("This option is given twice."))
        raw[name] = text
    return _options(raw, kind, 0)


def _options(raw: Mapping[str, str], kind: Kind, depth: int, within: str = "") -> Options:
    allowed = _KNOWN if depth else (*_KNOWN, "$skiptoken")
    for name, text in raw.items():
        if name not in allowed:
            raise BadOption(name, _("There is no such option here."))
        if "\x00" in text:
            raise BadOption(name, _("“%(text)s” is not understood.") % {"text": "NUL"}, at=text.index("\x00"))
    wanted = Options(token=raw.get("$skiptoken", ""), raw=dict(raw))
    if "$top" in raw:
        wanted = replace(wanted, top=min(_number("$top", raw["$top"]), MOST_AT_ONCE))
    if "$skip" in raw:
        wanted = replace(wanted, skip=_number("$skip", raw["$skip"]))
    if "$count" in raw:
        if raw["$count"] not in ("true", "false"):
            raise BadOption("$count", _("Give one of: %(values)s.") % {"values": "true, false"})
        wanted = replace(wanted, count=raw["$count"] == "true")
    if "$filter" in raw:
        tree = filter_parse(raw["$filter"])
        for path in names(tree):
            path_check(path, kind, "$filter")
        wanted = replace(wanted, filter=tree)
    return replace(
        wanted,
        order=_orders(raw.get("$orderby", ""), kind),
        select=_selected(raw.get("$select", ""), kind),
        expand=_expanded(raw.get("$expand", ""), kind, depth),
    )


def _number(name: str, text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if value is None or value > _MOST_SKIPPED:
        raise BadOption(
            name, _("Give a whole number from %(min)d to %(max)d.") % {"min": 0, "max": _MOST_SKIPPED}
        )
    return value


def path_check(path: Path, kind: Kind, option: str) -> None:
    """Raises ``BadOption`` unless ``path`` leads from ``kind`` over links to a property."""
    parts = list(path.parts)
    here = kind
    while parts and parts[0] in here.links:
        here = KINDS[here.links[parts.pop(0)].kind]
    known = parts and (parts[0] in here.properties or parts[0] in ID_NAMES)
    if not known or (len(parts) > 1 and parts[0] not in here.free):
        text = _("“%(name)s” is no property of %(kind)s.")
        wrong = "/".join(parts) or "/".join(path.parts)
        raise BadOption(option, text % {"name": wrong[:60], "kind": here.name}, at=path.at)


def _orders(text: str, kind: Kind) -> tuple[Order, ...]:
    found = []
    for part, at in split(text, ",", "$orderby"):
        name, _space, direction = part.strip().partition(" ")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise BadOption("$orderby", _("Give one of: %(values)s.") % {"values": "asc, desc"}, at=at)
        path = Path(tuple(name.split("/")), at)
        path_check(path, kind, "$orderby")
        found.append(Order(path, direction.strip().lower() == "desc"))
    return tuple(found)


def _selected(text: str, kind: Kind) -> tuple[str, ...]:
    known = {*kind.properties, *kind.links, *ID_NAMES, "@iot.selfLink"}
    found = []
    for part, at in split(text, ",", "$select"):
        name = part.strip()
        if name not in known:
            text = _("“%(name)s” is no property of %(kind)s.")
            raise BadOption("$select", text % {"name": name[:60], "kind": kind.name}, at=at)
        found.append(name)
    return tuple(found)


def _expanded(text: str, kind: Kind, depth: int) -> dict[str, Options]:
    """``Datastreams($top=5;$expand=Sensor),Locations``, and ``Datastreams/Sensor`` for the same."""
    found: dict[str, Options] = {}
    for part, at in split(text, ",", "$expand"):
        path, inner = _bracketed(part.strip(), at)
        first, _slash, rest = path.partition("/")
        link = kind.links.get(first)
        if link is None:
            text = _("%(kind)s has no “%(name)s”.")
            raise BadOption("$expand", text % {"name": first[:60], "kind": kind.name}, at=at)
        if depth >= _DEEPEST:
            raise BadOption("$expand", _("This is nested too deeply."), at=at)
        if rest:
            inner = {"$expand": f"{rest}({_joined(inner)})" if inner else rest}
        if first in found and found[first].raw.get("$expand"):
            both = [found[first].raw["$expand"], inner.get("$expand", "")]
            inner = {**found[first].raw, **inner, "$expand": ",".join(filter(None, both))}
        found[first] = _options(inner, KINDS[link.kind], depth + 1)
    return found


def _bracketed(part: str, at: int) -> tuple[str, dict[str, str]]:
    name, bracket, rest = part.partition("(")
    if not bracket:
        return name, {}
    if not rest.endswith(")"):
        raise BadOption("$expand", _("Here “%(sign)s” is missing.") % {"sign": ")"}, at=at + len(part))
    inner: dict[str, str] = {}
    for row, place in split(rest[:-1], ";", "$expand"):
        key, equals, value = row.strip().partition("=")
        if not equals:
            raise BadOption(
                "$expand", _("Here “%(sign)s” is missing.") % {"sign": "="}, at=at + len(name) + 1 + place
            )
        if key in inner:
            raise BadOption(key, _("This option is given twice."))
        inner[key.strip()] = value
    return name.strip(), inner


def _joined(inner: Mapping[str, str]) -> str:
    return ";".join(f"{name}={text}" for name, text in inner.items())


def split(text: str, sign: str, option: str) -> list[tuple[str, int]]:
    """``text`` at each ``sign`` that stands in no brackets and no quotes, with the places."""
    if not text.strip():
        return []
    found, depth, quoted, start = [], 0, False, 0
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == sign and depth == 0:
            found.append((text[start:place], start))
            start = place + 1
        if depth < 0 or depth > 3 * _DEEPEST:
            raise BadOption(option, _("This is not expected here: “%(text)s”.") % {"text": letter}, at=place)
    if depth or quoted:
        missing = "'" if quoted else ")"
        raise BadOption(option, _("Here “%(sign)s” is missing.") % {"sign": missing}, at=len(text))
    return [*found, (text[start:], start)]
