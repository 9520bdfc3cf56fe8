"""Who reviews what, evenly: a pure function of what is known, the same for the same facts.

As many of the wanted reviews as can be are given (a review moves to another reviewer where that makes
room), spread so that no application waits for its third while another has none; then the loads are as
even as can be, and among even ones the reviewers' themes meet the application's.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

#: (index of a reviewer, index of an application)
Cell = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """A reviewer. ``themes`` empty: knows all; ``load``: applications already assigned; ``limit``: at
    most so many (None: as many as there are)."""

    key: str
    themes: frozenset[str] = frozenset()
    load: int = 0
    limit: int | None = None

    @property
    def room(self) -> float:
        """How many more this reviewer can take."""
        return math.inf if self.limit is None else max(0, self.limit - self.load)


@dataclass(frozen=True)
class Subject:
    """An application; ``has``: reviewers that count already, ``taken``: their keys and of those who
    cannot be asked again."""

    key: str
    themes: frozenset[str] = frozenset()
    has: int = 0
    taken: frozenset[str] = frozenset()
    #: Keys of reviewers with a hard conflict of interest.
    forbidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Short:
    """An application that gets fewer than wanted, and what became of each other reviewer."""

    key: str
    missing: int
    conflicts: int
    full: int


@dataclass(frozen=True)
class Plan:
    """``pairs``: (reviewer, application) to add, in order; ``short``: what cannot be reached and why."""

    wanted: int
    pairs: tuple[tuple[str, str], ...] = ()
    short: tuple[Short, ...] = ()
    added: dict[str, int] = field(default_factory=dict)
    #: Of the added: how many whose themes meet.
    matched: int = 0

    @cached_property
    def fingerprint(self) -> str:
        """Equal for equal plans: what was looked at is what is done."""
        lines = [str(self.wanted), *(f"{one} {other}" for one, other in sorted(self.pairs))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def meets(reviewer: Set[str], application: Set[str]) -> bool:
    """The themes of a reviewer meet those of an application. Nothing stated meets everything."""
    return not reviewer or not application or not reviewer.isdisjoint(application)


def spread(subjects: Sequence[Subject], candidates: Sequence[Candidate], wanted: int) -> Plan:
    """Give each of ``subjects`` as many of ``candidates`` as bring it to ``wanted``.

    A shortest path for each added review, over the reviewers alone: to give application *s* to a reviewer
    who is full, the cheapest chain of applications that move on to the next is found first. With r
    reviewers and n reviews the time grows as n·r³ at most.
    """
    work = _Work(subjects, candidates)
    for step in range(wanted):
        for index, subject in enumerate(subjects):
            if subject.has <= step:
                work.add(index)
    return work.plan(wanted)


class _Work:
    def __init__(self, subjects: Sequence[Subject], candidates: Sequence[Candidate]) -> None:
        self.subjects, self.candidates = subjects, candidates
        self.load = [candidate.load for candidate in candidates]
        self.room = [candidate.room for candidate in candidates]
        #: By application and reviewer: 0 the themes meet, 1 they do not, None the pair cannot be.
        self.cost = [[_cost(row, one) for one in candidates] for row in subjects]
        self.given: list[set[int]] = [set() for _row in subjects]
        #: moves[a][b][gain]: applications that could go from a to b, by what that costs (−1, 0, 1).
        count = range(len(candidates))
        self.moves: list[list[dict[int, dict[int, None]]]] = [
            [{-1: {}, 0: {}, 1: {}} for _b in count] for _a in count
        ]
        #: More than all the themes of a plan together: the load decides first.
        self.weight = 2 * sum(len(row) for row in self.cost) + 1

    def add(self, subject: int) -> None:
        """One more reviewer for ``subject``, if there is any way."""
        starts = {
            one: cost
            for one, cost in enumerate(self.cost[subject])
            if cost is not None and one not in self.given[subject]
        }
        path = self._path(starts)
        if not path:
            return
        moved = [(a, b, self._first(a, b)[1]) for a, b in zip(path, path[1:], strict=False)]
        self._give(path[0], subject)
        for a, b, other in moved:
            self._take(a, other)
            self._give(b, other)
        self.load[path[-1]] += 1
        self.room[path[-1]] -= 1

    def _path(self, starts: dict[int, int]) -> list[int]:
        """The cheapest chain of reviewers that ends with one who has room (Bellman and Ford)."""
        count = len(self.candidates)
        best: list[float] = [starts.get(one, math.inf) for one in range(count)]
        before = [-1] * count
        edges = [
            (a, b, found[0])
            for a in range(count)
            for b in range(count)
            if a != b and (found := self._first(a, b))[1] >= 0
        ]
        for _round in range(count):
            changed = False
            for a, b, cost in edges:
                if best[a] + cost < best[b]:
                    best[b], before[b], changed = best[a] + cost, a, True
            if not changed:
                break
        ends = [
            (self.weight * (2 * self.load[one] + 1) + best[one], one)
            for one in range(count)
            if self.room[one] > 0 and best[one] < math.inf
        ]
        if not ends:
            return []
        path = [min(ends)[1]]
        while before[path[0]] >= 0:
            path.insert(0, before[path[0]])
        return path

    def _first(self, a: int, b: int) -> tuple[int, int]:
        """The cheapest move from ``a`` to ``b``: what it costs and which application; −1: there is none."""
        for cost, rows in self.moves[a][b].items():
            for row in rows:
                return cost, row
        return 0, -1

    def _give(self, one: int, subject: int) -> None:
        self.given[subject].add(one)
        for a in self.given[subject]:
            self._moves_of(a, subject)

    def _take(self, one: int, subject: int) -> None:
        self.given[subject].discard(one)
        for rows in self.moves[one]:
            for kept in rows.values():
                kept.pop(subject, None)
        for a in self.given[subject]:
            self._moves_of(a, subject)

    def _moves_of(self, a: int, subject: int) -> None:
        """Where ``subject`` could go from ``a``: to who may review it and does not yet."""
        own = self.cost[subject][a] or 0
        for b, cost in enumerate(self.cost[subject]):
            if b == a or cost is None:
                continue
            kept = self.moves[a][b][cost - own]
            if b in self.given[subject]:
                kept.pop(subject, None)
            else:
                kept[subject] = None

    def plan(self, wanted: int) -> Plan:
        pairs, matched, added = [], 0, dict.fromkeys((one.key for one in self.candidates), 0)
        short = []
        for index, subject in enumerate(self.subjects):
            for one in sorted(self.given[index]):
                pairs.append((self.candidates[one].key, subject.key))
                added[self.candidates[one].key] += 1
                matched += self.cost[index][one] == 0
            missing = wanted - subject.has - len(self.given[index])
            if missing > 0:
                short.append(self._short(index, missing))
        return Plan(wanted, tuple(pairs), tuple(short), added, matched)

    def _short(self, index: int, missing: int) -> Short:
        subject = self.subjects[index]
        full = [
            one
            for one, cost in enumerate(self.cost[index])
            if cost is not None and one not in self.given[index] and self.room[one] <= 0
        ]
        known = {one.key for one in self.candidates}
        return Short(subject.key, missing, len((subject.forbidden - subject.taken) & known), len(full))


def _cost(subject: Subject, candidate: Candidate) -> int | None:
    if candidate.key in subject.taken or candidate.key in subject.forbidden:
        return None
    return 0 if meets(candidate.themes, subject.themes) else 1


def evenness(loads: Iterable[int]) -> tuple[int, int]:
    """The smallest and the largest of ``loads``; (0, 0) of none."""
    rows = list(loads)
    return (min(rows), max(rows)) if rows else (0, 0)
