"""The form of the table: who gets which status, page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.architecture.access.world import World

ACTORS = ("anonymous", "stranger", "reader", "colleague", "owner", "reviewer", "staff")
#: Callers of the API: no key; a key of the owner's company; of another; without the scope; a person's key
#: for open data; ended ones.
KEYS = ("nobody", "key", "other", "unscoped", "personal", "revoked", "expired", "wrong", "cookie")

Arguments = Callable[[World], dict[str, Any]]


def nothing(world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Who:
    """A status for each of ``ACTORS``."""

    anonymous: int
    stranger: int
    reader: int
    colleague: int
    owner: int
    reviewer: int
    staff: int

    def but(self, **changes: int) -> Who:
        return replace(self, **changes)


def all_get(status: int) -> Who:
    return Who(*[status] * len(ACTORS))


EVERYONE = all_get(200)
NOWHERE = all_get(404)
SIGNED_IN = EVERYONE.but(anonymous=302)
#: Pages of a company: members read, strangers learn nothing.
MEMBERS = Who(anonymous=302, stranger=404, reader=200, colleague=200, owner=200, reviewer=404, staff=200)
#: Pages on which something is changed for a company, by its engineers and above; the city only looks.
WORKERS = MEMBERS.but(reader=403, staff=403)
#: Staff's own acts in the admin: others are sent to sign in.
STAFF = all_get(302).but(staff=200)


@dataclass(frozen=True)
class Row:
    """One route as each actor. ``data`` of a POST is made from the world as well."""

    name: str
    who: Who
    args: Arguments = nothing
    method: str = "GET"
    data: Arguments = nothing
    query: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.name}{self.query}"


@dataclass(frozen=True)
class ApiRow:
    """One API operation as each of ``KEYS``."""

    name: str
    statuses: dict[str, int]
    args: Arguments = nothing
    method: str = "GET"
    query: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.name}{self.query}"


def open_to_all(name: str, args: Arguments = nothing, **more: Any) -> ApiRow:
    """An operation without a key; a key that is refused is refused here as well."""
    refused = {"revoked": 401, "expired": 401, "wrong": 401}
    return ApiRow(name, {**dict.fromkeys(KEYS, 200), **refused}, args, **more)


def by_key(name: str, args: Arguments = nothing, *, other: int = 404, **more: Any) -> ApiRow:
    """An operation on a company's own things: ``other`` is what another company's key gets."""
    statuses = {"nobody": 401, "key": 200, "other": other, "unscoped": 403, "personal": 403}
    return ApiRow(name, {**dict.fromkeys(KEYS, 401), **statuses}, args, **more)
