"""Someone who is signed in and tries everything: every link, form, fragment, search and file."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.db import transaction
from django.test import Client

from tests.calls.blind.reading import plain, readable, spelled

_LINKS = ("href", "src", "hx-get", "data-url", "formaction", "poster", "data-src", "cite")
#: Nothing of the applicant is there, and leaving would end the walk. The reference of the API and the map
#: of the radio are the same in English, word by word of the schema.
_NOT = re.compile(r"^(/en)?/(static|admin/logout|account/logout|admin/jsi18n/.)|^/en/(developers|coverage)/.")
#: How a list is sorted or a window was opened says nothing new.
_MUTE = {"_popup", "_to_field", "_changelist_filters", "o", "next"}
_WORDS = ("text", "search", "email", "tel", "url", "")
_SECRET = re.compile(r'name="(csrfmiddlewaretoken|_key)" value="[^"]*"|nonce="[^"]*"')


@dataclass
class Form:
    """A form of a page with what stands in it; ``words``: the fields into which one types."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)


class _Page(HTMLParser):
    """Addresses and forms of a page at ``address``."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: set[str] = set()
        self.forms: list[Form] = []
        self.inside: Form | None = None
        self.select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            if name in _LINKS or (name.startswith("data-") and value.startswith("/")):
                self.links.add(value)
        if tag == "form":
            action = values.get("action") or self.address
            self.inside = Form(action, values.get("method", "get").lower())
            self.forms.append(self.inside)
        elif tag == "select":
            self.select = values.get("name", "")
        elif tag == "option" and self.inside and self.inside.method == "get" and self.select:
            # Each choice of a list is an address of its own.
            self.links.add(f"{self.inside.action}?{urlencode({self.select: values.get('value', '')})}")
        elif tag in ("input", "textarea", "button") and self.inside is not None and values.get("name"):
            self._field(tag, values)

    def _field(self, tag: str, values: Mapping[str, str]) -> None:
        assert self.inside is not None
        kind = values.get("type", "")
        if kind in ("checkbox", "radio") and "checked" not in values:
            return
        self.inside.values.append((values["name"], values.get("value", "")))
        if tag == "input" and kind in _WORDS:
            self.inside.words.add(values["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None


@dataclass
class Crawler:
    """``markers``: text by name. ``variants``: how many queries of one path are tried with the same
    parameters, and ten times as many in all. ``until``: markers with which the walk has reached its
    end; ``within``: the path it stays below.

    Afterwards ``found`` holds the addresses at which each marker could be read, ``faults`` what
    failed, ``status`` the status of each address, ``searches`` (address, field, other values).
    """

    client: Client
    markers: Mapping[str, str]
    variants: int = 8
    posts: bool = True
    until: frozenset[str] = frozenset()
    within: str = "/"
    status: dict[str, int] = field(default_factory=dict)
    found: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    searches: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    _queries: Counter[tuple[str, frozenset[str]]] = field(default_factory=Counter)
    _posted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._plain = {name: plain(text) for name, text in self.markers.items()}

    def run(self, starts: Iterable[str]) -> None:
        waiting = deque(starts)
        while waiting and not (self.until and self.until <= self.found.keys()):
            address = self._wanted(waiting.popleft())
            if address:
                waiting.extend(self.visit(address))

    def _wanted(self, address: str) -> str:
        """The address without what says nothing; empty if it was seen, or often enough."""
        parts = urlsplit(address)
        if parts.scheme not in ("", "http", "https") or _NOT.match(parts.path):
            return ""
        if parts.netloc not in ("", "testserver", "127.0.0.1:8000") or not parts.path.startswith(self.within):
            return ""
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _MUTE]
        address = parts.path + (f"?{urlencode(query)}" if query else "")
        if address in self.status:
            return ""
        kind = (parts.path, frozenset(name for name, _value in query))
        every = (parts.path, frozenset({"*"}))
        self._queries[kind] += 1
        self._queries[every] += 1
        few = self._queries[kind] <= self.variants and self._queries[every] <= 10 * self.variants
        return address if not query or few else ""

    def visit(self, address: str) -> set[str]:
        """Read one address, and return where it leads."""
        answer, content = self.fetch("get", address)
        self.status[address] = answer.status_code
        self.read(address, answer, content)
        links = {answer["Location"]} if "Location" in answer else set()
        if answer.status_code != 200:
            return {urljoin(address, link) for link in links}
        if not answer.get("Content-Type", "").startswith("text/html"):
            return {urljoin(address, link) for link in links | _addresses(answer, content)}
        page = _Page(address.split("?")[0], content.decode("utf-8", "replace"))
        for form in page.forms:
            links |= self._form(address, form)
        return {urljoin(address, link) for link in links | page.links}

    def fetch(self, method: str, address: str, data: Any = None, **headers: Any) -> tuple[Any, bytes]:
        """The answer and what it carries; what it wrote is undone."""
        with transaction.atomic():
            answer = getattr(self.client, method)(address, data, **headers)
            content = b"".join(getattr(answer, "streaming_content", ())) or getattr(answer, "content", b"")
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            self.faults.append(f"{answer.status_code} {method} {address}")
        return answer, content

    def read(self, address: str, answer: Any, content: bytes) -> None:
        """Look for every marker in the answer's content and headers."""
        headers = plain("\n".join(f"{name}: {value}" for name, value in answer.items()))
        text = readable(content) + readable(headers.encode())
        # What was asked for stands in the answer of a search: that is no news.
        asked = plain("".join(value for _name, value in parse_qsl(urlsplit(address).query)))
        for name, marker in self._plain.items():
            if marker in text and marker not in asked:
                self.found.setdefault(name, set()).add(address)

    def _form(self, address: str, form: Form) -> set[str]:
        action = urljoin(address, form.action)
        if form.method == "get":
            for name in form.words:
                rest = [pair for pair in form.values if pair[0] != name]
                self.searches.setdefault((urlsplit(action).path, name), rest)
            return {f"{urlsplit(action).path}?{urlencode(form.values)}"}
        if self.posts and action not in self._posted and not _NOT.match(urlsplit(action).path):
            self._posted.add(action)
            self._post(action, form)
        return set()

    def _post(self, action: str, form: Form) -> None:
        """Send the form as it stands, and read the answer and the page that follows it."""
        with transaction.atomic():
            answer, content = self.fetch("post", action, dict(form.values), HTTP_REFERER=action)
            self.read(f"POST {action}", answer, content)
            transaction.set_rollback(True)

    def answer_of_search(self, path: str, name: str, word: str) -> tuple[int, str]:
        """The status and the page that a search for ``word`` gives, without the word itself."""
        rest = self.searches.get((path, name), [])
        answer, content = self.fetch("get", f"{path}?{urlencode([(name, word), *rest])}")
        text = content.decode("utf-8", "replace")
        for spelling in sorted(spelled(word), key=len, reverse=True):
            text = text.replace(spelling, "…")
        return answer.status_code, _SECRET.sub("", text)


def _addresses(answer: Any, content: bytes) -> set[str]:
    """Addresses in JSON, XML and calendars, which the portal writes out whole."""
    if not re.search(r"json|xml|atom|calendar|plain", answer.get("Content-Type", "")):
        return set()
    return set(
        re.findall(r"https?://[^\s\"'<>\\]+|(?<=\")/[a-z][^\s\"'<>\\]*", content.decode("utf-8", "replace"))
    )


def nonsense(word: str) -> str:
    """A word of the same shape (digits, letters, kana, kanji, signs) that stands nowhere."""

    def other(sign: str) -> str:
        if sign.isdigit():
            return "7"
        if sign.isascii():
            return "q" if sign.isalpha() else sign
        return "ヌ" if "\u30a0" <= sign <= "\u30ff" else "鱻" if sign.isalpha() else sign

    return "".join(other(sign) for sign in word)
