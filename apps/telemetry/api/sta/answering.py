"""Entities as JSON: pages with links to the next, chosen properties, what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from apps.telemetry.api.sta.finding import streams_of
from apps.telemetry.api.sta.tokens import token_read, token_write
from apps.telemetry.errors import BadOption
from apps.telemetry.rules.sta.evaluate import holds
from apps.telemetry.rules.sta.kinds import ID_NAMES
from apps.telemetry.rules.sta.options import Options
from apps.telemetry.selectors.sta.catalogue import Catalogue
from apps.telemetry.selectors.sta.conditions import Condition, condition_of, conjuncts, is_about_links
from apps.telemetry.selectors.sta.entity import Entity, entity
from apps.telemetry.selectors.sta.observations import (
    Page,
    Stream,
    after_of,
    observations_counted,
    observations_of,
)
from apps.telemetry.selectors.sta.ordering import is_oldest_first, ordered

#: Entities in one answer.
_MOST: Final = 20_000


@dataclass(frozen=True)
class Part:
    """A page of a set: its entities, how many there are in all (if asked), what the next page is asked by."""

    rows: Sequence[Entity]
    count: int | None
    next: Mapping[str, str]


class Answers:
    """Writes entities of ``catalogue``; ``base`` is the address of the service without a slash."""

    def __init__(self, catalogue: Catalogue, base: str) -> None:
        self.catalogue, self.base, self._written = catalogue, base, 0

    def address(self, one: Entity) -> str:
        pk = quote(one.id.replace("'", "''"), safe=":-_.~")
        return f"{self.base}/{one.kind.set_name}('{pk}')"

    def collection(self, part: Part, options: Options, address: str) -> dict[str, Any]:
        return {**self._page("", part, options, address), "value": self.written(part.rows, options)}

    def references(self, part: Part, options: Options, address: str) -> dict[str, Any]:
        rows = [{"@iot.selfLink": self.address(row)} for row in part.rows]
        return {**self._page("", part, options, address), "value": rows}

    def part(self, rows: Sequence[Entity], options: Options) -> Part:
        """The page of ``rows`` that ``options`` ask for."""
        return self._chosen([rows], options)[0]

    def part_of_streams(self, streams: Sequence[Stream], options: Options) -> Part:
        return self._observed([streams], options)[0]

    def written(self, rows: Sequence[Entity], options: Options) -> list[dict[str, Any]]:
        """``rows`` with all that hangs on them; each kind of observations in one query for all rows."""
        self._written += len(rows)
        if self._written > _MOST:
            text = _("This would be too much at once. Ask for less with $top, also inside $expand.")
            raise BadOption("$expand", text, code="too_much")
        found = [self._own(row, options) for row in rows]
        for link, inner in options.expand.items():
            for row, values in zip(found, self._hanging(rows, link, inner), strict=True):
                row.update(values)
        return found

    def _own(self, row: Entity, options: Options) -> dict[str, Any]:
        chosen = options.select
        found: dict[str, Any] = {}
        if not chosen or set(ID_NAMES) & {*chosen}:
            found["@iot.id"] = row.id
        address = self.address(row)
        if not chosen or "@iot.selfLink" in chosen:
            found["@iot.selfLink"] = address
        found |= {name: row.values[name] for name in row.kind.properties if not chosen or name in chosen}
        links = [name for name in row.kind.links if name not in options.expand]
        found |= {
            f"{name}@iot.navigationLink": f"{address}/{name}"
            for name in links
            if not chosen or name in chosen
        }
        return found

    def _hanging(self, rows: Sequence[Entity], link: str, options: Options) -> list[dict[str, Any]]:
        if not rows:
            return []
        what = rows[0].kind.links[link]
        if what.kind == "Observation":
            groups = [streams_of(self.catalogue, row) for row in rows]
            parts = self._observed(groups, options)
        elif what.many:
            parts = self._chosen([self.catalogue.linked(row, link) for row in rows], options)
        else:
            parts = [Part(self.catalogue.linked(row, link), None, {}) for row in rows]
        written = iter(self.written([row for part in parts for row in part.rows], options))
        found = []
        for row, part in zip(rows, parts, strict=True):
            inner = [next(written) for _row in part.rows]
            if what.many:
                address = f"{self.address(row)}/{link}"
                found.append({**self._page(link, part, options, address), link: inner})
            else:
                found.append({link: inner[0]} if inner else {})
        return found

    def _page(self, link: str, part: Part, options: Options, address: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if part.count is not None:
            found[f"{link}@iot.count"] = part.count
        if part.next:
            query = {name: text for name, text in options.raw.items() if name not in ("$skip", "$skiptoken")}
            text = urlencode({**query, **part.next}, quote_via=quote, safe="$,/:'();@=")
            found[f"{link}@iot.nextLink"] = f"{address}?{text}"
        return found

    def _chosen(self, groups: Sequence[Sequence[Entity]], options: Options) -> list[Part]:
        parts = []
        if options.token:
            raise BadOption("$skiptoken", _("Follow @iot.nextLink as it is."))
        for rows in groups:
            if options.filter is not None:
                rows = [
                    row
                    for row in rows
                    if holds(options.filter, lambda path, row=row: self.catalogue.reached(row, path))  # type: ignore[misc]
                ]
            last = options.skip + options.top
            page = ordered(rows, options.order, self.catalogue)[options.skip : last]
            more = {"$skip": str(last)} if last < len(rows) and options.top else {}
            parts.append(Part(page, len(rows) if options.count else None, more))
        return parts

    def _observed(self, groups: Sequence[Sequence[Stream]], options: Options) -> list[Part]:
        trees = conjuncts(options.filter)
        about = [tree for tree in trees if is_about_links(tree)]
        if about:
            groups = [[one for one in group if self._speaks_of(one, about)] for group in groups]
        condition = condition_of([tree for tree in trees if tree not in about])
        options = replace(options, top=min(options.top, _longest(groups)))
        page = Page(
            top=options.top,
            skip=options.skip,
            oldest_first=is_oldest_first(options.order),
            after=token_read(options.token) if options.token else None,
        )
        later = self._left_for_later(groups)
        asked = [() if number in later else group for number, group in enumerate(groups)]
        found = (
            observations_of(asked, page, condition, self.catalogue.sights)
            if options.top
            else [[] for _group in groups]
        )
        counts = self._counted(asked, condition, options)
        parts = [
            Part(rows[: options.top], count, _next(rows, options))
            for rows, count in zip(found, counts, strict=True)
        ]
        begin = Part((), None, {"$skip": str(options.skip)})
        return [begin if number in later else part for number, part in enumerate(parts)]

    def _left_for_later(self, groups: Sequence[Sequence[Stream]]) -> set[int]:
        """Of several groups those that sent nothing lately: to look for what they sent once, or never, may
        take a second for each. Their page is empty, and the link to the next one leads to the search."""
        if len(groups) < 2:
            return set()
        seen = self.catalogue.seen
        return {
            number
            for number, group in enumerate(groups)
            if group and not any(name in seen.get(device, ()) for device, name in group)
        }

    def _counted(
        self, groups: Sequence[Sequence[Stream]], condition: Condition, options: Options
    ) -> Sequence[int | None]:
        if not options.count:
            return (None,) * len(groups)
        return observations_counted(groups, condition, self.catalogue.sights)

    def _speaks_of(self, stream: Stream, trees: Sequence[Any]) -> bool:
        device, name = stream
        one = entity("Observation", "", {}, device=device, name=name)
        return all(holds(tree, lambda path: self.catalogue.reached(one, path)) for tree in trees)


def _longest(groups: Sequence[Sequence[Stream]]) -> int:
    """How long a page of observations may be, however long it was asked to be: of each device of a group as
    many are read as the page holds. What is left stands behind the link to the next page."""
    devices = sum(len({device for device, _name in group}) for group in groups)
    return max(10, _MOST // max(1, devices))


def _next(rows: Sequence[Entity], options: Options) -> dict[str, str]:
    if len(rows) <= options.top or not options.top:
        return {}
    return {"$skiptoken": token_write(after_of(rows[options.top - 1]))}
