"""Which reviewer stands too near to which applicant. Pure: the selectors bring the facts.

Three grounds, the clearest first: belonging to an organization that applies, an address in its mail
domain, a connection the reviewer stated. A lifted finding stays lifted until something new comes up.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from apps.calls.enums import HARD_TIES, ConflictGround, ConflictKind
from apps.organizations.rules import telling

#: Legal forms, which people write or leave out.
_FORMS = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|特例有限会社|一般社団法人|公益社団法人|社団法人|"
    "一般財団法人|公益財団法人|財団法人|特定非営利活動法人|認定特定非営利活動法人|npo法人|独立行政法人|"
    "国立研究開発法人|国立大学法人|公立大学法人|地方独立行政法人|学校法人|医療法人社団|医療法人財団|医療法人|"
    "社会福祉法人|協同組合|企業組合|\\(株\\)|\\(有\\)|\\(同\\)|\\(社\\)|\\(財\\)|\\(一社\\)|\\(一財\\)|\\(公社\\)|"
    "\\(公財\\)|\\(独\\)|\\(学\\)|\\(医\\)|\\(福\\)|\\(特非\\)"
)
_LEGAL = re.compile(_FORMS)
_LEGAL_LATIN = re.compile(
    r"[\s,]+(co\.?,?\s*ltd|company,? limited|ltd|limited|inc|corp|corporation|llc|k\.?k)\.?$"
)
_NOISE = re.compile(r"[\W_]+")
#: A rest as short as this says nothing.
_SHORTEST = 2

Pair = tuple[uuid.UUID, uuid.UUID]


@lru_cache(maxsize=8192)
def bare_name(name: str) -> str:
    """``name`` as names are compared: NFKC, lower case, without legal form, spaces and marks.

    Empty when nothing is left that tells one organization from another.
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    text = _LEGAL_LATIN.sub("", _LEGAL.sub(" ", text).strip())
    # The long mark of katakana is a letter; hyphens that stand for it are not, so both are dropped.
    bare = _NOISE.sub("", text).replace("ー", "")
    return bare if len(bare) >= _SHORTEST else ""


@dataclass(frozen=True)
class Tie:
    """A connection: to an organization by id, number, name or domain. ``added``: when it was stated."""

    kind: str
    name: str = ""
    number: str = ""
    domain: str = ""
    organization: uuid.UUID | None = None
    until: date | None = None
    added: datetime | None = None

    def weight(self, today: date) -> ConflictKind:
        """What has ended is told, and forbids nothing."""
        over = self.until is not None and self.until < today
        return ConflictKind.HARD if self.kind in HARD_TIES and not over else ConflictKind.SOFT


@dataclass(frozen=True)
class Belonging:
    """A membership of the reviewer in a registered organization."""

    organization: uuid.UUID
    number: str = ""
    name: str = ""
    added: datetime | None = None


@dataclass(frozen=True)
class Person:
    """What is known of a reviewer. ``domains`` of every address; ``names``: affiliations as typed."""

    reviewer: uuid.UUID
    user: uuid.UUID | None = None
    domains: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    belongings: tuple[Belonging, ...] = ()
    ties: tuple[Tie, ...] = ()


@dataclass(frozen=True)
class Side:
    """Who applies with ``application``: the lead and every partner together."""

    application: uuid.UUID
    users: frozenset[uuid.UUID] = frozenset()
    organizations: frozenset[uuid.UUID] = frozenset()
    numbers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Match:
    """One reason for a conflict; ``added``: when what it rests on came into being, if that is known."""

    kind: ConflictKind
    ground: ConflictGround
    added: datetime | None = None


@dataclass(frozen=True)
class Lift:
    """Staff said at ``at`` that what was found on ``ground`` is mistaken."""

    ground: str
    at: datetime

    def covers(self, match: Match) -> bool:
        return match.ground == self.ground and (match.added is None or match.added <= self.at)


@dataclass
class _Index:
    """The applications by everything they can be known by."""

    users: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    organizations: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[str, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    names: dict[str, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    domains: dict[str, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))

    def add(self, side: Side) -> None:
        pk = side.application
        for user in side.users:
            self.users[user].add(pk)
        for organization in side.organizations:
            self.organizations[organization].add(pk)
        for number in filter(None, side.numbers):
            self.numbers[number].add(pk)
        for name in filter(None, map(bare_name, side.names)):
            self.names[name].add(pk)
        for domain in side.domains:
            self.domains[domain].add(pk)

    def known_as(self, organization: uuid.UUID | None, number: str, name: str) -> set[uuid.UUID]:
        """Applications of the organization with this id, number or name."""
        found: set[uuid.UUID] = set()
        if organization is not None:
            found |= self.organizations.get(organization, set())
        if number:
            found |= self.numbers.get(number, set())
        return found | self.names.get(bare_name(name), set())

    def at(self, domain: str) -> set[uuid.UUID]:
        """Applications of who has an address at ``domain`` or at one above it."""
        return set().union(*(self.domains.get(part, set()) for part in telling(domain)))


def _matches(person: Person, index: _Index, today: date) -> Iterator[tuple[uuid.UUID, Match]]:
    hard = ConflictKind.HARD
    if person.user is not None:
        for pk in index.users.get(person.user, ()):
            yield pk, Match(hard, ConflictGround.MEMBERSHIP)
    for row in person.belongings:
        for pk in index.known_as(row.organization, row.number, row.name):
            yield pk, Match(hard, ConflictGround.MEMBERSHIP, row.added)
    for domain in person.domains:
        for pk in index.at(domain):
            yield pk, Match(hard, ConflictGround.DOMAIN)
    for name in person.names:
        for pk in index.known_as(None, "", name):
            yield pk, Match(hard, ConflictGround.TIE)
    for tie in person.ties:
        for pk in index.known_as(tie.organization, tie.number, tie.name) | index.at(tie.domain):
            yield pk, Match(tie.weight(today), ConflictGround.TIE, tie.added)


def affiliations(text: str) -> frozenset[str]:
    """An affiliation as typed, and its parts: “○○大学 工学部” names the university too."""
    parts = [part for part in re.split(r"[\s、,，・/／()（）]+", text) if part]
    return frozenset({text, *parts} - {""})


_ORDER = list(ConflictGround)


def strongest(one: Match, other: Match) -> Match:
    """Hard before soft, then the clearer ground."""
    return min(one, other, key=lambda row: (row.kind != ConflictKind.HARD, _ORDER.index(row.ground)))


def find(
    people: Iterable[Person], sides: Iterable[Side], today: date, lifts: Mapping[Pair, Iterable[Lift]]
) -> dict[Pair, Match]:
    """The strongest match of every reviewer and application that has one which was not lifted.

    Time grows with the people, the sides and what they have in common, not with people x sides.
    """
    index = _Index()
    for side in sides:
        index.add(side)
    found: dict[Pair, Match] = {}
    for person in people:
        for pk, match in _matches(person, index, today):
            pair = person.reviewer, pk
            if any(lift.covers(match) for lift in lifts.get(pair, ())):
                continue
            found[pair] = strongest(found[pair], match) if pair in found else match
    return found
