"""Markdown that staff write: what it becomes, and what hostile text cannot do with it."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.markdown import ATTRIBUTES, SCHEMES, TAGS, markdown

_OPENED = re.compile(r"<([a-z][a-z0-9]*)([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-zA-Z:-]+)="([^"]*)"')
#: What nh3 adds (rel) and the classes it lets pass.
_ALWAYS = {"rel", "class"}


def harmless(html: str) -> bool:
    """Only tags, attributes and addresses of our list stand in ``html``."""
    for tag, rest in _OPENED.findall(html):
        if tag not in TAGS:
            return False
        for name, value in _ATTRIBUTE.findall(rest):
            if name not in ATTRIBUTES.get(tag, set()) | _ALWAYS:
                return False
            scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", value)
            if name == "href" and scheme and scheme[1].lower() not in SCHEMES:
                return False
    return True


def test_headings_fit_below_the_page_s_and_skip_none() -> None:
    html = markdown("# 一\n\n### 二\n\n#### 三\n\n# 四\n\n## 五\n\n###### 六\n\n###### 七")
    assert re.findall(r"<(h\d)>(.)", html) == [
        ("h3", "一"),
        ("h4", "二"),
        ("h5", "三"),
        ("h3", "四"),
        ("h4", "五"),
        ("h5", "六"),
        ("h5", "七"),
    ]


def test_a_table_scrolls_in_itself_and_is_aligned_by_class() -> None:
    html = markdown("|項目|数|\n|---|--:|\n|機器|50|")
    assert '<div class="table-wrap" tabindex="0"><table class="table">' in html
    assert '<th class="num" scope="col">数</th>' in html
    assert '<td class="num">50</td>' in html
    assert "style" not in html


def test_links_and_pictures() -> None:
    html = markdown("[市](https://example.jp/) [公募](/calls/) ![地図](https://example.jp/map.png)")
    assert '<a href="https://example.jp/" rel="noopener noreferrer">市</a>' in html
    assert '<a href="/calls/"' in html
    assert "<img" not in html
    assert '<a href="https://example.jp/map.png" rel="noopener noreferrer">地図</a>' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<svg/onload=alert(1)>",
        "<style>*{display:none}</style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        '![x" onerror="alert(1)](https://example.jp/x.png)',
        '[x](https://example.jp/ "t\\" onmouseover=\\"alert(1)")',
        "[a]: javascript:alert(1)\n\n[a]",
        '```"><script>alert(1)</script>\nx\n```',
        "<!--><script>alert(1)</script>-->",
        "|a|\n|---|\n|<script>x</script>|",
        "<a href='https://example.jp' style='position:fixed' class='button'>x</a>",
        "<form action=/admin/><input name=x></form>",
        "<iframe src=https://example.jp></iframe>",
    ],
)
def test_hostile_text_stays_text(text: str) -> None:
    html = markdown(text)
    assert harmless(html)
    assert "<script" not in html
    assert 'href="javascript' not in html.lower()


def test_marks_that_turn_the_direction_are_left_out() -> None:
    assert markdown("安全\u202eexe.fdp\u2066\ufeff") == "<p>安全exe.fdp</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        ">" * 100_000,
        "- " * 50_000,
        "[" * 100_000,
        "![" * 50_000,
        "*a **b" * 16_000,
        "`" * 50_000 + " " + "`" * 49_999,
        "[a](<" * 20_000,
        "<" * 100_000,
        "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + ("|x" * 5_000 + "\n") * 8,
        "\n".join("  " * depth + "- x" for depth in range(440)),
        "",
        "\x00\ud83d",
    ],
)
def test_a_hundred_thousand_nested_marks_are_no_trouble(text: str) -> None:
    assert harmless(markdown(text))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("[]()<>!*_`~|-#&;:\"'/\\ \n\tajavscript1.=")), max_size=120))
def test_whatever_is_typed_is_harmless(text: str) -> None:
    assert harmless(markdown(text))


def test_the_filter_takes_nothing_too() -> None:
    page = Template("{% load markdown_tags %}[{{ text|markdown }}][{{ none|markdown }}]")
    assert page.render(Context({"text": "**太字**"})) == "[<p><strong>太字</strong></p>\n][]"
