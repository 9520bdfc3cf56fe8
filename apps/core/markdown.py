"""Markdown that staff write, as HTML that can stand in a page: no raw HTML, no foreign pictures.

CommonMark with tables and strikethrough. Made by markdown-it, then cleaned by nh3 (ammonia) against
a list of what may stand: each alone would be enough, so that a fault in one opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from apps.core.text import clean_text

#: The heading of the page's section, below which those of the text begin.
PAGE_LEVEL = 2
#: Levels of lists and quotations in one another (a list has two); what is deeper is left out.
DEEPEST = 60
_TEXT = {"p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "a"}
_LISTS_AND_TABLES = {"ul", "ol", "li", "div", "table", "thead", "tbody", "tr", "th", "td"}
TAGS = frozenset(_TEXT | _LISTS_AND_TABLES)
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "div": {"tabindex"},
    "th": {"scope"},
}
CLASSES = {"div": {"table-wrap"}, "table": {"table"}, "th": {"num"}, "td": {"num"}}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def markdown(text: str) -> SafeString:
    """``text`` as HTML whose first headings are ``h3`` and never skip a level.

    Empty for an empty text. Pictures become links to them; a table lies in a ``div.table-wrap`` that
    may scroll. Direction marks and other characters that only deceive the eye are left out.
    """
    html = _parser().render(clean_text(text))
    return mark_safe(
        nh3.clean(
            html,
            tags=set(TAGS),
            attributes=ATTRIBUTES,
            allowed_classes=CLASSES,
            url_schemes=set(SCHEMES),
            link_rel="noopener noreferrer",
            strip_comments=True,
        )
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("page", _fit)
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _fit(state: StateCore) -> None:
    """Headings fit below the page's, cells are aligned by class: no inline style."""
    above: list[int] = []
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            if token.nesting == 1:
                level = int(token.tag[1])
                above = [*(upper for upper in above if upper < level), level]
            token.tag = f"h{min(6, PAGE_LEVEL + len(above))}"
        elif token.type in ("th_open", "td_open"):
            if "right" in str(token.attrs.pop("style", "")):
                token.attrs["class"] = "num"
            if token.tag == "th":
                token.attrs["scope"] = "col"


def _picture(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A link to the picture, named by its description."""
    token = tokens[index]
    address = str(token.attrs.get("src", ""))
    name = renderer.renderInlineAsText(token.children or [], options, env) or address
    return f'<a href="{_escaped(address)}">{_escaped(name)}</a>'


def _escaped(text: str) -> str:
    return str(nh3.clean_text(text))


def _table_open(*_args: Any) -> str:
    return '<div class="table-wrap" tabindex="0"><table class="table">'


def _table_close(*_args: Any) -> str:
    return "</table></div>"
