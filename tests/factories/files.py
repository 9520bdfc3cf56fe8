"""Real files, made while the test runs: good ones and hostile ones."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
from PIL import Image

TOYAMA = {1: "N", 2: (36.0, 41.0, 42.0), 3: "E", 4: (137.0, 12.0, 49.0)}
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="jpeg" ContentType="image/jpeg"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MAIN = f'<Relationship Id="r1" Type="{_RELATION}officeDocument" Target="word/document.xml"/>'


def gps_jpeg(size: tuple[int, int] = (640, 400), orientation: int = 1) -> bytes:
    """A photo that tells where it was taken, by which camera, and by whom."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x0112] = "CameraMaker", "Hana Yamada", orientation
    exif[0x8825] = TOYAMA
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"home of Hana Yamada")
    return out.getvalue()


def png_bomb(side: int = 30_000) -> bytes:
    """A PNG of ``side``² pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packed = zlib.compress(b"\0" * (1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def plain_pdf(pages: int = 1, author: str = "山田花子", **save: Any) -> bytes:
    """A PDF that says who wrote it."""
    pdf = pikepdf.new()
    for _number in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    if author:
        pdf.docinfo["/Author"] = author
        pdf.docinfo["/Title"] = f"{author}の案"
        with pdf.open_metadata() as meta:
            meta["dc:creator"] = [author]
    return saved(pdf, **save)


def saved(pdf: pikepdf.Pdf, **save: Any) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **save)
    return out.getvalue()


def encrypted_pdf(password: str = "secret") -> bytes:
    return plain_pdf(encryption=pikepdf.Encryption(owner="owner", user=password))


def scripted_pdf() -> bytes:
    """JavaScript at opening, in names, on the page and in an annotation; a program inside; a GPS photo."""
    pdf = pikepdf.Pdf.open(io.BytesIO(plain_pdf()))
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('evil')"))
    pdf.Root.OpenAction = script
    pdf.Root.AA = pikepdf.Dictionary(WC=script)
    pdf.attachments["evil.exe"] = b"MZ evil program"
    pdf.Root.Names["/JavaScript"] = pikepdf.Dictionary(Names=pikepdf.Array([pikepdf.String("a"), script]))
    page = pdf.pages[0]
    page.AA = pikepdf.Dictionary(O=script)
    photo = pikepdf.Stream(pdf, gps_jpeg())
    photo.Type, photo.Subtype, photo.Filter = pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
    photo.Width, photo.Height, photo.BitsPerComponent = 640, 400, 8
    photo.ColorSpace = pikepdf.Name.DeviceRGB
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=photo))
    page.Contents = pikepdf.Stream(pdf, b"q 400 0 0 250 50 500 cm /P Do Q")
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("cmd.exe"))
    rect = [0, 0, 10, 10]
    notes: list[dict[str, Any]] = [
        {"Subtype": pikepdf.Name.Link, "A": launch, "Rect": rect},
        {"Subtype": pikepdf.Name.Text, "T": pikepdf.String("Hana Yamada"), "Rect": rect},
        {
            "Subtype": pikepdf.Name.Link,
            "Rect": rect,
            "A": pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://toyama.example/")),
        },
    ]
    page.Annots = pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, **note) for note in notes])
    return saved(pdf)


def blanks(megabytes: int, head: bytes = b"") -> bytes:
    """``head`` and ``megabytes`` of blanks by zlib: one packed megabyte, repeated (packing takes 4 ms)."""
    machine, blank, check = zlib.compressobj(9), b" " * (1 << 20), zlib.adler32(head)
    begin = machine.compress(head) + machine.flush(zlib.Z_FULL_FLUSH)
    one = machine.compress(blank) + machine.flush(zlib.Z_FULL_FLUSH)
    for _part in range(megabytes):
        check = zlib.adler32(blank, check)
    return begin + one * megabytes + b"\x03\x00" + struct.pack(">I", check)


def pdf_bomb() -> bytes:
    """A page whose content is 2 GB of blanks, packed twice into some kilobytes."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    packed = blanks(700)
    stream = pikepdf.Stream(pdf, b"")
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    pdf.pages[0].Contents = stream
    return saved(pdf, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def object_stream_bomb(gigabytes: int = 3) -> bytes:
    """A PDF whose object stream unpacks to ``gigabytes`` while it is opened."""
    packed = blanks(gigabytes * 1024, b"4 0 << /Type /Catalog /Pages 2 0 R >> ")
    head = b"%PDF-1.5\n"
    stream = (
        b"1 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
        + packed
        + b"\nendstream\nendobj\n"
    )
    pages = b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    page = b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n"
    at_pages = len(head) + len(stream)
    at_page = at_pages + len(pages)
    at_xref = at_page + len(page)
    rows = (
        b"\0\0\0\0\0\0"
        + b"\x01" + struct.pack(">I", len(head)) + b"\0"
        + b"\x01" + struct.pack(">I", at_pages) + b"\0"
        + b"\x01" + struct.pack(">I", at_page) + b"\0"
        + b"\x02" + struct.pack(">I", 1) + b"\0"
        + b"\x01" + struct.pack(">I", at_xref) + b"\0"
    )  # fmt: skip
    xref = (
        b"5 0 obj\n<< /Type /XRef /Size 6 /W [1 4 1] /Root 4 0 R /Length %d >>\nstream\n" % len(rows)
        + rows
        + b"\nendstream\nendobj\n"
    )
    return head + stream + pages + page + xref + b"startxref\n%d\n%%%%EOF\n" % at_xref


def office(parts: dict[str, bytes | str] | None = None, **replaced: Any) -> bytes:
    """A docx with a photo and its author's name in four places; ``parts`` come beside or instead."""
    content: dict[str, Any] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELS.format(MAIN),
        "docProps/core.xml": "<cp:coreProperties xmlns:cp='c' xmlns:dc='d'><dc:creator>Hana Yamada"
        "</dc:creator></cp:coreProperties>",
        "docProps/app.xml": "<Properties><Company>Mizuoto</Company></Properties>",
        "word/document.xml": '<w:document xmlns:w="w"><w:ins w:id="1" w:author="Hana Yamada">'
        "<w:t>水位を測る</w:t></w:ins></w:document>",
        "word/comments.xml": '<w:comments xmlns:w="w"><w:comment w:author="Hana Yamada" w:initials="HY"/>'
        "</w:comments>",
        "word/people.xml": '<w15:people xmlns:w15="w"><w15:person w15:author="Hana Yamada"/></w15:people>',
        "word/media/image1.jpeg": gps_jpeg(),
        **(parts or {}),
    }
    return zipped(content, **replaced)


def zipped(parts: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


def relation(kind: str, target: str, *, outside: bool = True) -> str:
    mode = ' TargetMode="External"' if outside else ""
    return RELS.format(f'<Relationship Id="r9" Type="{_RELATION}{kind}" Target="{target}"{mode}/>')


def zip_bomb() -> bytes:
    """A docx with a part of 100 MB of zeros."""
    return office({"word/media/big.bin": b"\0" * (100 << 20)})


def lying_zip() -> bytes:
    """A docx whose directory says that its 50 MB part has ten bytes."""
    raw = bytearray(office({"word/media/big.bin": b"\0" * (50 << 20)}))
    size = struct.pack("<I", 50 << 20)
    at = raw.find(size)
    while at >= 0:
        raw[at : at + 4] = struct.pack("<I", 10)
        at = raw.find(size, at + 4)
    return bytes(raw)


def odt(parts: dict[str, Any] | None = None) -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<manifest:manifest xmlns:manifest='m'/>",
            "content.xml": "<office:document-content xmlns:office='o' xmlns:dc='d'><dc:creator>Hana Yamada"
            "</dc:creator>水位</office:document-content>",
            "meta.xml": "<office:document-meta xmlns:office='o' xmlns:meta='m'><meta:initial-creator>Hana "
            "Yamada</meta:initial-creator></office:document-meta>",
            **(parts or {}),
        }
    )
