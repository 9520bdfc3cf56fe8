"""Pages on paper: fonts, tags, language, numbers; nothing fetched; bounded."""

from __future__ import annotations

import io

import pikepdf
import pypdfium2
import pytest

from apps.core import pdf
from apps.core.confinement import Bounds
from apps.core.pdf import MB, PdfFailed, pdf_of_html

PAGE = (
    '<!doctype html><html lang="{lang}"><head><title>写し</title></head>'
    '<body data-foot="受付 2026-015">{body}</body></html>'
)


def made(body: str, lang: str = "ja") -> bytes:
    return pdf_of_html(PAGE.format(lang=lang, body=body))


def text_of(raw: bytes) -> str:
    document = pypdfium2.PdfDocument(raw)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_it_is_a_tagged_a4_page_in_its_language_with_its_fonts_inside() -> None:
    with pikepdf.open(io.BytesIO(made("<h1>水位</h1><p>測ります。</p>"))) as document:
        assert str(document.Root.Lang) == "ja"
        assert bool(document.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in document.Root
        assert [round(float(number)) for number in document.pages[0].MediaBox[2:]] == [595, 842]
        fonts = [
            thing
            for thing in document.objects
            if isinstance(thing, pikepdf.Dictionary) and "/FontDescriptor" in thing
        ]
        assert fonts
        for font in fonts:
            assert {"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())
        assert "Noto" in str(fonts[0].BaseFont)
        with document.open_metadata() as meta:
            assert meta.get("pdfuaid:part") == "1"


def test_text_can_be_read_back_and_pages_are_numbered() -> None:
    text = text_of(made("<p>髙﨑 𠮷野家 葛\U000e0100 😀🌊 ㈱ Ａ</p>" + "<p>行</p>" * 200))
    for word in ("髙﨑", "𠮷野家", "😀", "🌊", "㈱", "受付 2026-015"):
        assert word in text
    assert "2 / " in text


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:{port}/a.png", "file:///etc/passwd", "//127.0.0.1:{port}/b"]
)
def test_nothing_is_fetched(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.1)
        target = address.format(port=server.getsockname()[1])
        body = (
            f'<img src="{target}" alt="x"><link rel="stylesheet" href="{target}">'
            f'<link rel="attachment" href="{target}">'
            f'<object data="{target}"></object><style>@import url("{target}"); @font-face {{font-family: a; '
            f'src: url("{target}")}} p {{font-family: a; background: url("{target}")}}</style><p>本文</p>'
        )
        raw = made(body)
        with pytest.raises(TimeoutError):
            server.accept()
    assert "本文" in text_of(raw)
    assert b"root:" not in raw
    with pikepdf.open(io.BytesIO(raw)) as document:
        assert len(document.attachments) == 0


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "BOUNDS", Bounds(seconds=1, cpu=75, memory=1536 * MB, output=20 * MB))
    with pytest.raises(PdfFailed, match="ended: time"):
        made("<table>" + "<tr><td>行</td></tr>" * 20_000 + "</table>")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "BOUNDS", Bounds(seconds=60, cpu=60, memory=250 * MB, output=20 * MB))
    with pytest.raises(PdfFailed):
        made("<table>" + "<tr><td>行</td></tr>" * 20_000 + "</table>")


def test_a_book_is_refused() -> None:
    with pytest.raises(PdfFailed):
        made("あ" * (4 * MB + 1))


@pytest.mark.parametrize(
    "text", ["あ" * 10_000, "w" * 10_000, "行\n" * 3000, "", "\u202e\u0000\ufffe", "<b>&amp;"]
)
def test_odd_texts_are_paper_too(text: str) -> None:
    from django.utils.html import escape

    raw = made(f"<dl><dt>問い</dt><dd>{escape(text)}</dd></dl>")
    if len(text) > 4000:
        assert text_of(raw).count(text[0]) >= text.count(text[0]) - 5
