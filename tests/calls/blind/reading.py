"""What a person could read in an answer of the portal: its text, and what its files carry inside."""

from __future__ import annotations

import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import pikepdf
import pypdfium2
from PIL import Image

_TAG = re.compile(r"<[^>]*>")
#: The zip and the PDF inside a zip inside a zip are read; a fourth level is nobody's.
_DEPTH = 3


def plain(text: str) -> str:
    """``text`` as it is compared: one width, one case, no blanks, no hyphens."""
    return re.sub(r"[\s\-‐‑–—−]+", "", unicodedata.normalize("NFKC", text).casefold())


def readable(content: bytes, depth: int = _DEPTH) -> str:
    """Everything that can be read in ``content``, whatever it is, ready to be searched for ``plain``."""
    return "\n".join(plain(text) for piece in _unpacked(content, depth) for text in _texts(piece))


def _unpacked(content: bytes, depth: int) -> Iterator[bytes]:
    yield content
    if depth and content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for entry in packed.infolist():
                yield entry.filename.encode()
                yield entry.comment
                yield from _unpacked(packed.read(entry), depth - 1)
    elif content[:5] == b"%PDF-":
        yield from _inside_pdf(content, depth)
    elif content[:3] == b"\xff\xd8\xff" or content[:4] in (b"\x89PNG", b"RIFF"):
        yield _of_picture(content).encode()


def _of_picture(content: bytes) -> str:
    """EXIF, comments and text chunks of a picture."""
    picture = Image.open(io.BytesIO(content))
    exif = picture.getexif()
    values = [*picture.info.values(), *exif.values()]
    for tag in (0x8769, 0x8825):
        values += exif.get_ifd(tag).values()
    return "\n".join(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values)


def _inside_pdf(content: bytes, depth: int) -> Iterator[bytes]:
    """Every string and every stream of a PDF, its metadata, and the text on its pages."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for thing in [pdf.trailer, *pdf.objects]:
            yield "\n".join(_strings(thing, 8)).encode()
            if isinstance(thing, pikepdf.Stream):
                try:
                    stream = thing.read_bytes()
                except pikepdf.PdfError:
                    stream = thing.read_raw_bytes()
                yield from _unpacked(stream, depth - 1) if depth else [stream]
    document = pypdfium2.PdfDocument(content)
    for page in document:
        yield page.get_textpage().get_text_range().encode()
    document.close()


def _strings(thing: Any, depth: int) -> Iterator[str]:
    if isinstance(thing, pikepdf.Array) and depth:
        for inner in thing.as_list():
            yield from _strings(inner, depth - 1)
    elif isinstance(thing, (pikepdf.Dictionary, pikepdf.Stream)) and depth:
        for key, inner in thing.items():
            yield str(key)
            # What is referred to stands among the objects of the file.
            if not getattr(inner, "is_indirect", False):
                yield from _strings(inner, depth - 1)
    elif isinstance(thing, (pikepdf.String, pikepdf.Name, str)):
        yield str(thing)


def _texts(piece: bytes) -> Iterator[str]:
    """``piece`` in each encoding in which a name may hide."""
    text = piece.decode("utf-8", "replace")
    yield text
    yield _TAG.sub("", html.unescape(text))
    yield html.unescape(text)
    if "%" in text:
        yield unquote_plus(html.unescape(text))
    if "\\u" in text:
        yield re.sub(r"\\u([0-9a-fA-F]{4})", _character, text)
    if b"\0" in piece:
        yield piece.decode("utf-16-be", "replace")
        yield piece.decode("utf-16-le", "replace")
    if b"\x83" in piece or b"\x82" in piece:
        yield piece.decode("cp932", "replace")


def _character(found: re.Match[str]) -> str:
    return str(json.loads(f'"\\u{found.group(1)}"'))


def spelled(text: str) -> set[str]:
    """The ways in which a page may repeat ``text``: as it is, escaped, in an address."""
    return {text, html.escape(text), quote(text), quote_plus(text), json.dumps(text)[1:-1], quote(text, "")}
