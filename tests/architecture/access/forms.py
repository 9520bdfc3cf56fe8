"""The forms of a page as a browser would find them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """``names`` of its fields with their present values; ``files`` of its file fields."""

    action: str
    names: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class _Parser(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = values.get("method", "get").lower() == "post"
            if self.inside:
                self.forms.append(Form(values.get("action") or self.address))
        elif self.inside and tag in ("input", "select", "textarea", "button") and values.get("name"):
            if values.get("type") == "file":
                self.forms[-1].files.add(values["name"])
            else:
                self.forms[-1].names[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False


def forms_of(address: str, html: str) -> list[Form]:
    """The forms of a page that are sent by POST, to an address of this portal."""
    parser = _Parser(address)
    parser.feed(html)
    return [form for form in parser.forms if form.action.startswith(("/", "?")) and form.names]
