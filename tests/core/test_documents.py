"""Documents that people attach: what is kept, what is taken out, what is refused and how."""

from __future__ import annotations

import io
import os
import random
import resource
import zipfile
from dataclasses import replace
from typing import Any

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from PIL import Image

from apps.core import documents
from apps.core.cleaning.pictures import without_metadata
from apps.core.documents import BOUNDS, MAX_BYTES, WORDS, CleanDocument, clean_name, document_clean
from tests.factories import files


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a child that does its work gets its time."""
    monkeypatch.setattr(documents, "BOUNDS", replace(BOUNDS, seconds=180, cpu=60))


def taken(raw: bytes, name: str = "資料.pdf") -> tuple[CleanDocument, bytes]:
    document = document_clean(io.BytesIO(raw), name)
    with document.content:
        return document, document.content.read()


def refused(raw: bytes, name: str = "資料.pdf") -> str:
    with pytest.raises(ValidationError) as caught:
        document_clean(io.BytesIO(raw), name)
    (words,) = caught.value.messages
    assert "%(" not in words
    return str(caught.value.code)


def test_a_pdf_loses_what_it_tells_of_its_author_and_every_script() -> None:
    document, content = taken(files.scripted_pdf())
    assert (document.kind, document.content_type, document.name) == ("pdf", "application/pdf", "資料.pdf")
    assert (document.size, len(document.sha256)) == (len(content), 64)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        everything = b"".join(
            thing.unparse() for thing in pdf.objects if not isinstance(thing, pikepdf.Stream)
        )
        assert "/Info" not in pdf.trailer
        assert not {"/OpenAction", "/AA", "/Metadata"} & set(pdf.Root.keys())
        assert len(pdf.attachments) == 0
        photo = pdf.pages[0].Resources.XObject.P.read_raw_bytes()
        links = [str(note.A.URI) for note in pdf.pages[0].Annots if "/URI" in note.get("/A", {})]
    for trace in (b"JavaScript", b"evil", b"Launch", b"cmd.exe", b"Hana", "山田".encode("utf-16-be")):
        assert trace not in everything
        assert trace not in content
    assert links == ["https://toyama.example/"]
    assert Image.open(io.BytesIO(photo)).size == (640, 400)
    assert not Image.open(io.BytesIO(photo)).getexif()


def test_a_photo_loses_its_place_and_stands_upright() -> None:
    raw = files.gps_jpeg((600, 300), orientation=6)
    assert Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825)
    document, content = taken(raw, "現場.JPG")
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((300, 600), {})
    assert b"Hana" not in content
    assert (document.kind, document.content_type, document.name) == ("image", "image/jpeg", "現場.jpg")


def test_an_office_file_keeps_its_text_and_loses_its_authors() -> None:
    document, content = taken(files.office(), "計画.docx")
    assert (document.kind, document.name) == ("office", "計画.docx")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert "水位を測る".encode() in parts["word/document.xml"]
    assert not [name for name, data in parts.items() if b"Hana" in data or b"Mizuoto" in data]
    photo = Image.open(io.BytesIO(parts["word/media/image1.jpeg"]))
    assert photo.size == (640, 400)
    assert not photo.getexif()


def test_a_table_behind_a_chart_is_cleaned_too() -> None:
    inner = files.office()
    _document, content = taken(files.office({"word/embeddings/sheet.xlsx": inner}), "a.docx")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"Hana" not in zipfile.ZipFile(io.BytesIO(packed.read("word/embeddings/sheet.xlsx"))).read(
            "word/comments.xml"
        )


def test_an_open_document_is_taken() -> None:
    document, content = taken(files.odt(), "案.odt")
    assert document.name == "案.odt"
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.infolist()[0].filename == "mimetype"
        assert packed.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert not [name for name in packed.namelist() if b"Hana" in packed.read(name)]


HOSTILE: dict[str, tuple[Any, str]] = {
    "an executable named pdf": (lambda: b"MZ\x90\x00" + os.urandom(5000), "program"),
    "a shell script": (lambda: b"#!/bin/sh\nrm -rf /\n", "program"),
    "nothing": (lambda: b"", "empty"),
    "a web page": (lambda: b"<!doctype html><script>1</script>", "unknown"),
    "an executable with a PDF in it": (lambda: b"MZ" + files.plain_pdf(), "program"),
    "a PDF with a password": (files.encrypted_pdf, "pdf_password"),
    "a PDF that opens but forbids": (lambda: files.encrypted_pdf(""), "pdf_password"),
    "half a PDF": (lambda: b"%PDF-1.7\n" + os.urandom(3000), "pdf"),
    "a PDF bomb": (files.pdf_bomb, "bomb"),
    "a PDF bomb in an object stream": (files.object_stream_bomb, "pdf"),
    "a PDF of 501 pages": (lambda: files.plain_pdf(501), "pdf_pages"),
    "a picture of 900 megapixels": (files.png_bomb, "too_many_pixels"),
    "half a picture": (lambda: files.gps_jpeg()[:200], "picture"),
    "an iPhone's HEIC": (lambda: b"\0\0\0\x18ftypheic" + b"\0" * 100, "other_picture"),
    "an old doc or one with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "office_password",
    ),
    "a docm": (lambda: files.office({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "macros"),
    "a docm by its type": (
        lambda: files.office(
            {
                "[Content_Types].xml": files.CONTENT_TYPES.replace(
                    "document.main", "document.macroEnabled.main"
                )
            }
        ),
        "macros",
    ),
    "a template from elsewhere": (
        lambda: files.office(
            {"word/_rels/settings.xml.rels": files.relation("attachedTemplate", "http://evil.example/t.dotm")}
        ),
        "outside",
    ),
    "a picture from elsewhere": (
        lambda: files.office({"word/_rels/document.xml.rels": files.relation("image", "http://e.example/p")}),
        "outside",
    ),
    "an OLE object": (
        lambda: files.office({"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}),
        "embedded",
    ),
    "DDE": (
        lambda: files.office(
            {"word/document.xml": '<w:document xmlns:w="w"><w:instrText>DDEAUTO c</w:instrText></w:document>'}
        ),
        "outside",
    ),
    "entities": (
        lambda: files.office({"word/_rels/a.xml.rels": '<!DOCTYPE a [<!ENTITY b "c">]><Relationships/>'}),
        "office",
    ),
    "a zip bomb": (files.zip_bomb, "bomb"),
    "a zip that lies": (files.lying_zip, "office"),
    "three files in one another": (
        lambda: files.office({"word/a.docx": files.office({"word/b.docx": files.office()})}),
        "embedded",
    ),
    "5,000 parts": (lambda: files.office({f"word/p{n}.xml": "<a/>" for n in range(5000)}), "bomb"),
    "a part that leaves its folder": (lambda: files.office({"../../evil.xml": "<a/>"}), "office"),
    "a zip of something": (lambda: files.zipped({"a.txt": "a"}), "unknown"),
    "20 MB and a byte": (lambda: b"%PDF-1.7\n" + b"\0" * (MAX_BYTES - 8), "too_large"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_in_words(what: str) -> None:
    make, code = HOSTILE[what]
    assert refused(make()) == code


def test_every_refusal_has_words_in_both_languages() -> None:
    said = {}
    for language in ("ja", "en"):
        with translation.override(language):
            said[language] = {code: str(text) for code, text in WORDS.items()}
    assert not [code for code in WORDS if said["ja"][code] == said["en"][code]]


@pytest.mark.parametrize(
    ("name", "suffix", "expected"),
    [
        ("計画.pdf", "pdf", "計画.pdf"),
        ("か\u3099.pdf", "pdf", "が.pdf"),
        ("C:\\Users\\hana\\計画.docx", "docx", "計画.docx"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("setup.exe", "pdf", "setup.pdf"),
        ("invoice\u202efdp.exe", "pdf", "invoice fdp.pdf"),
        ('a"\r\nX: y<b>.png', "png", "a_ X_ y_b_.png"),
        ("写真.JPEG", "jpg", "写真.jpg"),
        ("", "pdf", "file.pdf"),
        (".pdf", "pdf", "file.pdf"),
        ("\ud800a.pdf", "pdf", "a.pdf"),
        ("長" * 300 + ".pdf", "pdf", "長" * 116 + ".pdf"),
        ("水位の図 2026.11.21", "pdf", "水位の図 2026.11.pdf"),
        ("🌊.pdf", "pdf", "🌊.pdf"),
    ],
)
def test_names_are_for_people(name: str, suffix: str, expected: str) -> None:
    assert clean_name(name, suffix) == expected


def outcome(raw: bytes) -> str:
    try:
        taken(raw)
    except ValidationError as error:
        return str(error.code)
    return "taken"


def test_random_bytes_never_break_it() -> None:
    chance = random.Random(3)
    seeds = [files.scripted_pdf(), files.gps_jpeg(), files.office()]
    for _turn in range(9):
        raw = bytearray(chance.choice(seeds))
        for _place in range(30):
            raw[chance.randrange(8, len(raw))] = chance.randrange(256)
        assert outcome(bytes(raw)) in {"taken", *WORDS}


def test_a_damaged_jpeg_is_read_to_its_end() -> None:
    raw = files.gps_jpeg()
    assert without_metadata(raw + b"MZ another file") == without_metadata(raw)


def test_the_portal_itself_needs_no_memory_for_a_large_file() -> None:
    noise = os.urandom(15 << 20)
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.pages[0].Contents = pikepdf.Stream(pdf, noise)
    raw = files.saved(pdf, compress_streams=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _turn in range(3):
        document_clean(io.BytesIO(raw), "a.pdf").content.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024
