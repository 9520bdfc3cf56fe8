"""A member who may only look is offered nothing that is refused: no form that changes, no link to an act.

Read as HTML: every page and slot of a workspace that the sweep's table opens to a reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from django.test import Client
from django.urls import resolve, reverse

from tests.architecture.access.world import World
from tests.architecture.test_access import PAGES

#: Forms by which readers decide about themselves.
OWN = {"organizations:member-remove"}


class _Offers(HTMLParser):
    """``links`` within the portal and ``posts`` (where forms by POST lead), without header and footer."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.posts: list[str] = []
        self._outside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._outside += tag in ("header", "footer")
        if self._outside:
            return
        if tag == "a" and values.get("href", "").startswith("/"):
            self.links.append(values["href"])
        if tag == "form" and values.get("method", "").lower() == "post":
            self.posts.append(values.get("action", ""))
        if "hx-post" in values:
            self.posts.append(values["hx-post"])

    def handle_endtag(self, tag: str) -> None:
        self._outside -= tag in ("header", "footer")


def _pages(world: World) -> Iterator[tuple[str, str]]:
    for row in PAGES:
        if row.method == "GET" and row.who.reader == 200 and row.who.stranger == 404:
            yield row.name, reverse(row.name, kwargs=row.args(world)) + row.query


def _name(link: str) -> str:
    return resolve(link.partition("?")[0].partition("#")[0]).view_name


def test_a_viewer_is_offered_nothing_that_is_refused(world: World) -> None:
    client = Client()
    client.force_login(world.cast.reader)
    refused = {row.name for row in PAGES if row.method == "GET" and row.who.reader == 403}
    found, links = [], 0
    for name, address in _pages(world):
        answer = client.get(address)
        if not answer["Content-Type"].startswith("text/html"):
            b"".join(getattr(answer, "streaming_content", ()))
            continue
        offers = _Offers()
        offers.feed(answer.content.decode())
        links += len(offers.links)
        found += [f"{name}: a form to {action or address}" for action in offers.posts if name not in OWN]
        found += [f"{name}: a link to {link}" for link in offers.links if _name(link) in refused]
    assert links > 100
    assert not found, "\n".join(found)
