"""What apps tell the portal of themselves, without either importing the other.

Each app registers in ``AppConfig.ready``; the header, the admin's first page and search read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class NavItem:
    """An entry of the header: ``url_name`` is reversed per request; ``prefix`` marks it current."""

    label: Text
    url_name: str
    prefix: str
    order: int = 50


@dataclass(frozen=True)
class WorkItem:
    """One thing that waits for staff. ``mail_count``: mails its act will queue (0: none)."""

    kind: Text
    title: Text
    detail: Text
    url: str
    action: Text
    due: date | None = None
    mail_count: int = 0


@dataclass(frozen=True)
class Due:
    """One thing that is next for a company in ``trial`` (its pk). ``day``: by when; None: at once."""

    trial: Any
    title: Text
    detail: Text
    url: str
    day: date | None = None


@dataclass(frozen=True)
class Slot:
    """A fragment of a higher app in a lower app's page, answered by the view ``url_name``."""

    url_name: str
    order: int = 50


@dataclass(frozen=True)
class NamedPlace:
    """A place that the portal knows by name. Not ``exact``: the middle of a 1 km square."""

    name: str
    latitude: float
    longitude: float
    exact: bool
    about: Text


@dataclass
class _Registry:
    nav: list[NavItem] = field(default_factory=list)
    work: list[Callable[[Any], Iterable[WorkItem]]] = field(default_factory=list)
    dues: list[Callable[[Sequence[Any], Any], Iterable[Due]]] = field(default_factory=list)
    readiness: dict[str, Callable[[], None]] = field(default_factory=dict)
    slots: dict[str, list[Slot]] = field(default_factory=dict)
    gauges: list[Callable[[], Mapping[str, float]]] = field(default_factory=list)
    mail_kinds: dict[str, Text] = field(default_factory=dict)
    places: list[Callable[[str], Iterable[NamedPlace]]] = field(default_factory=list)
    facts: dict[str, Callable[[Sequence[Any]], dict[Any, Any]]] = field(default_factory=dict)


_registry = _Registry()


def register_nav(item: NavItem) -> None:
    """Add ``item`` to the header (once)."""
    if item not in _registry.nav:
        _registry.nav.append(item)
        _registry.nav.sort(key=lambda entry: entry.order)


def nav() -> Sequence[NavItem]:
    return tuple(_registry.nav)


def register_work_queue(provider: Callable[[Any], Iterable[WorkItem]]) -> None:
    """``provider(user)`` yields what waits for that member of staff."""
    if provider not in _registry.work:
        _registry.work.append(provider)


def work_queue(user: Any) -> list[WorkItem]:
    """Everything that waits for ``user``, dated things first, in order of their date."""
    items = [item for provider in _registry.work for item in provider(user)]
    return sorted(items, key=lambda item: (item.due is None, item.due or date.max))


def register_dues(provider: Callable[[Sequence[Any], Any], Iterable[Due]]) -> None:
    """``provider(trials, organization)`` yields what is next for that organization in those trials."""
    if provider not in _registry.dues:
        _registry.dues.append(provider)


def dues(trials: Sequence[Any], organization: Any) -> list[Due]:
    """What is next in ``trials``: what has no day first, then in the order of the days."""
    items = [item for provider in _registry.dues for item in provider(trials, organization)] if trials else []
    return sorted(items, key=lambda item: item.day or date.min)


def register_readiness(name: str, check: Callable[[], None]) -> None:
    """``check`` raises when ``name`` cannot serve; ``/readyz`` asks it."""
    _registry.readiness[name] = check


def readiness() -> dict[str, Callable[[], None]]:
    return dict(_registry.readiness)


def register_slot(place: str, url_name: str, order: int = 50) -> None:
    """Show the answer of ``url_name`` at ``place`` (``trials.workspace``) of a lower app's page.

    The view gets the keyword arguments that the page gives its slots (README of the page's app);
    an empty answer or a refusal shows nothing. ``{% slot place … %}`` puts them in the page.
    """
    entries = _registry.slots.setdefault(place, [])
    if url_name not in [entry.url_name for entry in entries]:
        entries.append(Slot(url_name, order))
        entries.sort(key=lambda entry: entry.order)


def slots(place: str) -> Sequence[Slot]:
    return tuple(_registry.slots.get(place, ()))


def register_mail_kind(template: str, label: Text) -> None:
    """What staff call the mails of ``template`` on the page on which they release them."""
    _registry.mail_kinds[template] = label


def mail_kind(template: str) -> Text:
    """The name of the mails of ``template``; empty when nobody gave one."""
    return _registry.mail_kinds.get(template, "")


def register_places(provider: Callable[[str], Iterable[NamedPlace]]) -> None:
    """``provider(words)`` gives the public places whose names have ``words`` (empty: some of all)."""
    if provider not in _registry.places:
        _registry.places.append(provider)


def named_places(words: str) -> list[NamedPlace]:
    """What the apps know by the name ``words``, those that begin with it first, each name once."""
    found = {place.name: place for provider in _registry.places for place in provider(words)}
    return sorted(found.values(), key=lambda place: (not place.name.startswith(words), place.name))


def register_gauges(provider: Callable[[], Mapping[str, float]]) -> None:
    """``provider()`` gives numbers of the whole portal by their Prometheus name, asked at each scrape."""
    if provider not in _registry.gauges:
        _registry.gauges.append(provider)


def gauges() -> dict[str, float]:
    """All numbers of the portal by name (with labels where it has some)."""
    return {name: value for provider in _registry.gauges for name, value in provider().items()}


def register_facts(name: str, provider: Callable[[Sequence[Any]], dict[Any, Any]]) -> None:
    """``provider(objects)`` answers ``{pk: fact}`` for all rows of a lower app's list at once."""
    _registry.facts[name] = provider


def facts(name: str, objects: Sequence[Any]) -> dict[Any, Any]:
    """What a higher app knows of ``objects`` by pk; empty when none registered ``name``."""
    provider = _registry.facts.get(name)
    return provider(objects) if provider and objects else {}
