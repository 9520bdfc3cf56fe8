"""The sweep: every address as every kind of actor, with real things to see."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.architecture.access import acts, api, pages, people
from tests.architecture.access.routes import admin_addresses, all_names, routes
from tests.architecture.access.table import ACTORS, KEYS, ApiRow, Row
from tests.architecture.access.world import World

PAGES: list[Row] = [*pages.ROWS, *people.ROWS, *acts.ROWS]
EVERY: list[Row | ApiRow] = [*PAGES, *api.ROWS]


def _client(world: World, actor: str) -> Client:
    client = Client()
    if actor != "anonymous":
        client.force_login(getattr(world.cast, actor))
    return client


def _status(client: Client, method: str, address: str, data: dict[str, Any], **headers: Any) -> int:
    """The status, with everything undone that the request wrote."""
    with transaction.atomic():
        answer = client.generic(method, address, **headers) if not data else None
        if answer is None:
            answer = getattr(client, method.lower())(address, data, **headers)
        b"".join(getattr(answer, "streaming_content", ()))
        transaction.set_rollback(True)
    return int(answer.status_code)


def test_every_route_has_a_row() -> None:
    rows = {row.name for row in EVERY}
    missing = [f"{route.name}  ({route.path})" for route in routes() if route.name not in rows]
    assert not missing, "No row in tests/architecture/access for:\n" + "\n".join(missing)


def test_every_row_has_a_route() -> None:
    names = all_names()
    assert not [str(row) for row in EVERY if row.name not in names]


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_access_of_page(world: World, row: Row) -> None:
    address = reverse(row.name, kwargs=row.args(world)) + row.query
    expected = {actor: getattr(row.who, actor) for actor in ACTORS}
    got = {actor: _status(_client(world, actor), row.method, address, row.data(world)) for actor in ACTORS}
    different = {
        actor: (status, expected[actor]) for actor, status in got.items() if status != expected[actor]
    }
    assert not different, f"{row}: got and expected: {different}"


def _without_post() -> list[Row]:
    posted = {row.name for row in PAGES if row.method == "POST"}
    return [row for row in PAGES if row.name not in posted and not row.name.startswith(people.ALLAUTHS_FORMS)]


@pytest.mark.parametrize("row", _without_post(), ids=str)
def test_page_without_a_row_for_post_refuses_it(world: World, row: Row) -> None:
    address = reverse(row.name, kwargs=row.args(world))
    actor = "staff" if row in acts.ROWS else "owner"
    assert _status(_client(world, actor), "POST", address, {}) in (403, 404, 405), (
        f"{row.name}: add a POST row"
    )


@pytest.mark.parametrize("row", api.ROWS, ids=str)
def test_access_of_operation(world: World, row: ApiRow) -> None:
    address = reverse(row.name, kwargs=row.args(world)) + row.query
    got = {}
    for name in KEYS:
        token = world.keys.get(name)
        headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        client = _client(world, "owner" if name == "cookie" else "anonymous")
        got[name] = _status(client, row.method, address, row.data, **headers)
    different = {
        name: (status, row.statuses[name]) for name, status in got.items() if status != row.statuses[name]
    }
    assert not different, f"{row}: got and expected: {different}"


@pytest.mark.parametrize("actor", [actor for actor in ACTORS if actor != "staff"])
def test_access_of_admin_is_for_staff_only(world: World, actor: str) -> None:
    client = _client(world, actor)
    got = {address: _status(client, "GET", address, {}) for address in admin_addresses()}
    assert got == dict.fromkeys(got, 302)
    assert _status(client, "GET", reverse("admin:login"), {}) == (302 if actor == "anonymous" else 403)


def test_access_of_admin_for_staff(world: World) -> None:
    client = _client(world, "staff")
    got = {address: _status(client, "GET", address, {}) for address in admin_addresses()}
    refused = {address: status for address, status in got.items() if status not in (200, 302, 403)}
    assert not refused
    assert all(
        status in (200, 302) for address, status in got.items() if address.endswith(("/change/", "/admin/"))
    )
