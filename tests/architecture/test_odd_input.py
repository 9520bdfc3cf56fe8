"""No input is an error of ours: odd values to every page, operation and form, never 500 or more."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from tests.architecture.access import acts, api, pages, people
from tests.architecture.access.forms import Form, forms_of
from tests.architecture.access.routes import addresses_of
from tests.architecture.access.table import ApiRow, Row
from tests.architecture.access.world import World
from tests.architecture.rules.tree import ROOT, python

READ = [row for row in [*pages.ROWS, *people.ROWS, *acts.ROWS] if row.method == "GET" and not row.query]
ODD = {
    "empty": "",
    "nul": "a\x00b",
    "long": "あ" * 10_000,
    "negative": "-1",
    "huge": "9" * 40,
    "not a number": "NaN",
    "infinite": "1e400",
    "sql": "' OR 1=1 --",
    "script": "<script>alert(1)</script>",
    "turned": "\u202e\u2066x\ufeff",
    "no day": "2026-13-45",
    "last day": "9999-12-31T23:59:59+00:00",
    "first day": "0001-01-01",
    "full width": "１２３",
    "list": "[1,{}]",
    "percent": "%%s %(x)s {0}",
}
#: `make faults` gives every value to every parameter and field of every page. `make test` gives each page
#: some mixtures, other ones to each, so that each value still meets whatever many pages have in common.
EVERY = bool(os.environ.get("MACHITRY_FAULTS"))
MIXTURES = 2
PLACES = ("0", "x" * 3000, "あ", "00000000-0000-0000-0000-000000000000", "-", "..", "a b", 2**70)
RAW = ("%ff%fe", "%00", "=", "&&&", "%", "a" * 9000, "page=1&page=2&page=")
_Any = TypeVar("_Any")
_PARAMETER = re.compile(r"(?:GET|query_params)(?:\.get|\.getlist)?[(\[]\s*\"(\w+)\"|\(request, \"(\w+)\"[,)]")


def _parameters() -> list[str]:
    """Every query parameter that the code reads, and usual ones that it does not."""
    found = {"page", "limit", "cursor", "q", "next", "format", "o", "p", "e", "_popup", "unknown"}
    for path in python(ROOT, "apps"):
        for names in _PARAMETER.findall(path.read_text(encoding="utf-8")):
            found |= {name for name in names if name}
    return sorted(found)


PARAMETERS = _parameters()


def _odd(page: str, names: Iterable[str]) -> Iterator[dict[str, str]]:
    """Odd values for all ``names`` of a page at once."""
    values = list(ODD.values())
    if EVERY:
        yield from (dict.fromkeys(names, value) for value in values)
        return
    first = zlib.crc32(page.encode())
    for mixture in range(MIXTURES):
        yield {name: values[(first + 3 * mixture + place) % len(values)] for place, name in enumerate(names)}


def _some(page: str, every: Sequence[_Any], most: int = 1) -> Sequence[_Any]:
    """All, or so many that differ from page to page."""
    first = zlib.crc32(page.encode()) % len(every)
    return every if EVERY else [*every, *every][first : first + most]


def _client(world: World, actor: str = "owner") -> Client:
    return world.client(actor, _Watching, raise_request_exception=False)


def _fetch(client: Client, method: str, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer; what it wrote is undone."""
    with transaction.atomic():
        answer: HttpResponse = getattr(client, method)(*args, **kwargs)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return answer


class _Environ(dict[str, Any]):
    """What the server tells of a request; knows whether anybody looked at the query."""

    looked = False

    def __getitem__(self, name: str) -> Any:
        self.looked |= name == "QUERY_STRING"
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.looked |= name == "QUERY_STRING"
        return super().get(name, default)


class _Watching(Client):
    def _base_environ(self, **request: Any) -> _Environ:
        return _Environ(super()._base_environ(**request))


def _queries(answered: HttpRequest) -> Iterator[str]:
    """The queries that can make a difference, by the request that was answered with an odd one.

    A page that never looks at its query answers the same to all, and one that only repeats it in a
    link never takes it apart into values; both cannot know better before they looked.
    """
    if not answered.META.looked:  # type: ignore[attr-defined]
        return
    page = answered.resolver_match.view_name if answered.resolver_match else ""
    if "GET" in vars(answered):
        for values in _odd(page, PARAMETERS):
            yield "&".join(f"{name}={quote(value)}" for name, value in values.items())
    yield from _some(page, RAW)


def _faults(client: Client, address: str, **headers: Any) -> list[str]:
    first = _fetch(client, "get", f"{address}?{RAW[0]}", **headers)
    answers = {RAW[0]: first}
    for query in _queries(first.wsgi_request):
        answers[query] = _fetch(client, "get", f"{address}?{query[:60_000]}", **headers)
    return [
        f"{answer.status_code} {address}?{query[:80]}"
        for query, answer in answers.items()
        if answer.status_code >= 500
    ]


@pytest.mark.parametrize("row", READ, ids=str)
def test_odd_query_is_no_error_of_a_page(world: World, row: Row) -> None:
    actor = "staff" if row in acts.ROWS else "owner"
    assert not _faults(_client(world, actor), reverse(row.name, kwargs=row.args(world)))


@pytest.mark.parametrize("row", [row for row in api.ROWS if row.method == "GET"], ids=str)
def test_odd_query_is_no_error_of_an_operation(world: World, row: ApiRow) -> None:
    headers = {"headers": {"authorization": f"Bearer {world.keys['key']}"}}
    assert not _faults(_client(world), reverse(row.name, kwargs=row.args(world)), **headers)


@pytest.mark.parametrize("row", [*READ, *api.ROWS], ids=str)
def test_odd_address_is_no_error_of_ours(world: World, row: Row | ApiRow) -> None:
    known = row.args(world)
    client = _client(world, "staff")
    for name in known:
        for value in _some(f"{row.name} {name}", PLACES, most=4):
            try:
                address = reverse(row.name, kwargs={**known, name: value})
            except NoReverseMatch:
                continue
            assert _fetch(client, "get", address).status_code < 500, address


def _filled(form: Form, values: dict[str, str]) -> dict[str, Any]:
    """Every field and file with its value."""
    files = {name: SimpleUploadedFile("x.png", values[name].encode()[:5000]) for name in form.files}
    return values | files


BROKEN = (
    ("application/x-www-form-urlencoded", b"%ff=%00&\xff\xfe=1&a"),
    ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
    ("application/json", b'{"a": ['),
    ("application/x-www-form-urlencoded; charset=utf-99", b"a=%ff"),
)


def _posted(client: Client, form: Form) -> list[str]:
    # A form without fields sends the same whatever is typed.
    names = [*(form.names.keys() - {"csrfmiddlewaretoken"}), *form.files]
    path = form.action.partition("?")[0]
    page = resolve(path).view_name if path.startswith("/") else path
    filled = [_filled(form, values) for values in _odd(page, sorted(names))] if names else []
    filled.append({**form.names, **dict.fromkeys(form.files, "")})
    answers = [_fetch(client, "post", form.action, values) for values in filled]
    for kind, body in _some(page, BROKEN):
        answers.append(_fetch(client, "generic", "POST", form.action, body, content_type=kind))
    return [
        f"{answer.status_code} {form.action} no. {number}"
        for number, answer in enumerate(answers)
        if answer.status_code >= 500
    ]


def _different(forms: list[Form]) -> list[Form]:
    """Of the same form on each line of a list, that of the first and of the last line."""
    kinds: dict[Any, list[Form]] = {}
    for form in forms:
        path = form.action.partition("?")[0]
        kind = resolve(path).view_name if path else form.action
        kinds.setdefault((kind, *sorted(form.names), *sorted(form.files)), []).append(form)
    return [form for same in kinds.values() for form in (same[:1] + same[1:][-1:])]


@pytest.mark.parametrize("actor", ["anonymous", "owner", "staff"])
@pytest.mark.parametrize("row", READ, ids=str)
def test_odd_forms_are_no_error_of_a_page(world: World, row: Row, actor: str) -> None:
    client = _client(world, actor)
    address = reverse(row.name, kwargs=row.args(world))
    page = _fetch(client, "get", address)
    if page.status_code != 200 or not page["Content-Type"].startswith("text/html"):
        return
    forms = _different(forms_of(address, page.content.decode()))
    assert not [fault for form in forms for fault in _posted(client, form)]


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "sessionid=" + "x" * 5000 + "; csrftoken=%00"},
        {"cookie": "\x01=;;;=\xff"},
        {"accept-language": "x" * 9000},
        {"accept": "text/nonsense;q=a"},
        {"authorization": "Bearer \xff\xfe"},
        {"hx-request": "\x00", "hx-current-url": "://[", "hx-target": "'" * 999},
        {"if-none-match": 'W/"', "if-modified-since": "yesterday"},
        {"x-forwarded-for": "a, b", "x-forwarded-proto": "gopher"},
        {"content-length": "-5"},
    ],
    ids=lambda headers: next(iter(headers)),
)
@pytest.mark.parametrize(
    "address", ["/", "/calls/", "/reports/", "/api/v1/trials", "/account/login/code/", "/admin/"]
)
def test_odd_headers_are_no_error_of_ours(world: World, headers: dict[str, str], address: str) -> None:
    client = Client(raise_request_exception=False)
    assert _fetch(client, "get", address, headers=headers).status_code < 500


@pytest.mark.parametrize("model", [None, *admin.site._registry], ids=lambda model: model and model.__name__)
def test_odd_input_is_no_error_of_the_admin(world: World, model: type[Model] | None) -> None:
    client, found = _client(world, "staff"), []
    for address in addresses_of(model):
        found += _faults(client, address)
        page = _fetch(client, "get", address)
        if page.status_code == 200:
            forms = _different(forms_of(address, page.content.decode()))
            found += [fault for form in forms for fault in _posted(client, form)]
    assert not found
