"""What is really sent: nothing that our Content-Security-Policy refuses, no cookie on public pages."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from tests.architecture.access import acts, pages, people
from tests.architecture.access.routes import admin_addresses
from tests.architecture.access.table import Row
from tests.architecture.access.world import World

READ = [row for row in [*pages.ROWS, *people.ROWS, *acts.ROWS] if row.method == "GET"]


class _Policy(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        inline = tag == "script" and "src" not in values and values.get("type") != "application/json"
        if inline or tag in ("style", "base", "iframe", "object", "embed"):
            self.faults.append(str(self.get_starttag_text()))
        for name, value in values.items():
            bad_address = name in ("src", "href", "action") and value.strip().lower().startswith(
                "javascript:"
            )
            outside = name == "src" and value.startswith(("http:", "https:", "//"))
            if name == "style" or name.startswith(("on", "hx-on")) or bad_address or outside:
                self.faults.append(str(self.get_starttag_text()))


def policy_faults(html: str) -> list[str]:
    """Each tag of ``html`` that the policy would refuse."""
    parser = _Policy()
    parser.feed(html)
    return parser.faults


def _page(world: World, actor: str, address: str) -> str:
    answer = world.client(actor).get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)  # read to its end, it is closed
        return ""
    is_page = answer.status_code in (200, 404, 403) and answer["Content-Type"].startswith("text/html")
    return answer.content.decode() if is_page else ""


@pytest.mark.parametrize("row", READ, ids=str)
def test_page_obeys_the_policy(world: World, row: Row) -> None:
    """Japanese and English by turns: what the policy refuses is not a matter of words."""
    language = "/en" if READ.index(row) % 2 else ""
    address = language + reverse(row.name, kwargs=row.args(world))
    html = _page(world, "staff" if row in acts.ROWS else "owner", address)
    assert policy_faults(html) == []
    assert "<html" not in html or f'lang="{language[1:] or "ja"}"' in html


def test_admin_obeys_the_policy(world: World) -> None:
    faults = {address: policy_faults(_page(world, "staff", address)) for address in admin_addresses()}
    assert not {address: found for address, found in faults.items() if found}


def test_public_pages_set_no_cookie_and_carry_no_token(world: World) -> None:
    kept = []
    for row in READ:
        address = reverse(row.name, kwargs=row.args(world))
        if getattr(resolve(address).func, "is_public_page", False):
            answer = Client().get(address)
            assert not answer.cookies, address
            assert b"csrfmiddlewaretoken" not in answer.content, address
            kept.append(row.name)
    assert {"portal:home", "calls:call-detail", "trials:trial-list", "reports:report-detail"} <= set(kept)


@pytest.mark.parametrize(
    "html",
    [
        "<p style='x'>",
        "<style>",
        "<script>x</script>",
        "<a onclick='x'>",
        "<a href=' JavaScript:x'>",
        "<img src='https://elsewhere.example/x.png'>",
        "<div hx-on:click='x'>",
    ],
)
def test_policy_finds_a_planted_fault(html: str) -> None:
    assert policy_faults(html)
    assert settings.LANGUAGE_CODE == "ja"
