"""Office files packed anew: part by part, without macros, links to outside, and names of their authors."""

from __future__ import annotations

import io
import re
import zipfile
from typing import IO, Any
from xml.etree import ElementTree

from apps.core.cleaning.pictures import without_metadata
from apps.core.cleaning.refusal import Refusal

MAX_PARTS = 3000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_XML = 80 * 1024 * 1024
#: A part larger than a megabyte that is packed tighter than this is a bomb.
MAX_RATIO = 200
MAX_DEPTH = 2
_OOXML = {
    b"wordprocessingml.document.main+xml": (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    b"spreadsheetml.sheet.main+xml": (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    b"presentationml.presentation.main+xml": (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
_ODF = {f"application/vnd.oasis.opendocument.{name}": suffix for name, suffix in
        (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp"))}  # fmt: skip
_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/"
#: What tells of the author, put empty.
_REPLACED = {
    "docProps/core.xml": _HEAD
    + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>',
    "docProps/app.xml": _HEAD + b'<Properties xmlns="' + _OFFICE + b'extended-properties"/>',
    "docProps/custom.xml": _HEAD + b'<Properties xmlns="' + _OFFICE + b'custom-properties"/>',
    "meta.xml": _HEAD
    + b'<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'office:version="1.3"><office:meta/></office:document-meta>',
}
_VALUE = rb"""\s*=\s*(?:"[^"]*"|'[^']*')"""
#: Names of people in tracked changes and comments, and where the file lay on somebody's disk.
_NAMES = (
    (re.compile(rb"(\bw\d*(?:cid|cex)?:(?:author|initials|userId))" + _VALUE), rb'\1=""'),
    (re.compile(rb"(<(?:\w+:)?author>)[^<]*(</)"), rb"\1\2"),
    (re.compile(rb"(<(?:dc:creator|meta:creator-initials|loext:sender-initials)>)[^<]*(</)"), rb"\1\2"),
    (re.compile(rb"(<(?:\w+:)?absPath\b[^>]*\burl)" + _VALUE), rb'\1=""'),
    (re.compile(rb"(<(?:\w+:)?fileSharing\b[^>]*\buserName)" + _VALUE), rb'\1=""'),
)
_PEOPLE = re.compile(r"(^|/)(persons/|commentAuthors|authors\d*\.xml$|people\.xml$)")
_PEOPLES_NAMES = re.compile(rb"(\s(?:w15:)?(?:author|name|displayName|initials|userId))" + _VALUE)
_MACROS = re.compile(
    r"(vbaProject|vbaData|/activeX/|/macrosheets/|/dialogsheets/|^Basic/|^Scripts/)", re.IGNORECASE
)
_OUTSIDE = re.compile(
    rb"""<draw:(?:image|object|object-ole|plugin|applet|floating-frame)\b[^>]*xlink:href=["'](?:\w+:|/|\.\./)"""
)
_DDE = re.compile(rb"<(?:w:instrText|w:fldSimple)\b[^<]*\bDDE(?:AUTO)?\b|<ddeLink\b|ddeService=")


def office_save(source: IO[bytes], out: IO[bytes], depth: int = 0) -> tuple[str, str]:
    """Write the cleaned file to ``out``; gives its suffix and content type. Raises ``Refusal``."""
    try:
        with zipfile.ZipFile(source) as packed:
            names = _check(packed)
            kind = _kind(packed, names)
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as fresh:
                _copy(packed, fresh, depth)
            return kind
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeDecodeError,
        ElementTree.ParseError,
        OSError,
        ValueError,
    ) as error:
        raise Refusal("office") from error


def _check(packed: zipfile.ZipFile) -> set[str]:
    infos = packed.infolist()
    names = {info.filename for info in infos}
    if len(infos) > MAX_PARTS or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise Refusal("bomb")
    if len(names) != len(infos):
        raise Refusal("office")
    for info in infos:
        if info.flag_bits & 0x1:
            raise Refusal("office_password")
        if info.file_size > 1 << 20 and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise Refusal("bomb")
        if info.filename.startswith(("/", "\\")) or ".." in info.filename.split("/"):
            raise Refusal("office")
        if _MACROS.search(info.filename):
            raise Refusal("macros")
    return names


def _read(packed: zipfile.ZipFile, name: str, most: int = MAX_UNPACKED) -> bytes:
    """A part; more than it says, or than ``most``, is a bomb."""
    info = packed.getinfo(name)
    with packed.open(info) as part:
        data = part.read(min(most, info.file_size) + 1)
    if len(data) > min(most, info.file_size):
        raise Refusal("bomb")
    return data


def _kind(packed: zipfile.ZipFile, names: set[str]) -> tuple[str, str]:
    if "[Content_Types].xml" in names:
        types = _read(packed, "[Content_Types].xml", 2 << 20)
        if b"macroEnabled" in types or b"vbaProject" in types:
            raise Refusal("macros")
        for mark, kind in _OOXML.items():
            if mark in types:
                return kind
    if "mimetype" in names:
        mimetype = _read(packed, "mimetype", 200).decode("ascii").strip()
        if mimetype in _ODF:
            if b"encryption-data" in _read(packed, "META-INF/manifest.xml", 2 << 20):
                raise Refusal("office_password")
            return _ODF[mimetype], mimetype
    raise Refusal("unknown")


def _copy(packed: zipfile.ZipFile, fresh: zipfile.ZipFile, depth: int) -> None:
    total = 0
    infos = sorted(
        packed.infolist(), key=lambda info: info.filename not in ("mimetype", "[Content_Types].xml")
    )
    for info in infos:
        if info.is_dir():
            continue
        data = _read(packed, info.filename)
        total += len(data)
        if total > MAX_UNPACKED:
            raise Refusal("bomb")
        new = zipfile.ZipInfo(info.filename, (1980, 1, 1, 0, 0, 0))
        new.compress_type = zipfile.ZIP_STORED if info.filename == "mimetype" else zipfile.ZIP_DEFLATED
        fresh.writestr(new, _cleaned(info.filename, data, depth))


def _cleaned(name: str, data: bytes, depth: int) -> bytes:
    if name in _REPLACED:
        return _REPLACED[name]
    if name.endswith(".rels"):
        _check_links(data)
        return data
    lower = name.lower()
    if lower.endswith((".xml", ".vml", ".svg", ".xhtml")):
        return _cleaned_xml(name, data)
    if data.startswith(b"PK\x03\x04"):
        return _nested(data, depth)
    if data.startswith((b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!")) and "printerSettings" not in name:
        raise Refusal("embedded")
    return without_metadata(data)


def _nested(data: bytes, depth: int) -> bytes:
    """A table behind a chart is an office file itself."""
    if depth + 1 >= MAX_DEPTH:
        raise Refusal("embedded")
    out = io.BytesIO()
    office_save(io.BytesIO(data), out, depth + 1)
    return out.getvalue()


def _cleaned_xml(name: str, data: bytes) -> bytes:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or len(data) > MAX_XML:
        raise Refusal("office")
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data[:4096]) and not name.lower().endswith(".svg"):
        raise Refusal("office")
    if _OUTSIDE.search(data) or _DDE.search(data):
        raise Refusal("outside")
    for pattern, empty in _NAMES:
        data = pattern.sub(empty, data)
    if _PEOPLE.search(name):
        data = _PEOPLES_NAMES.sub(rb'\1=""', data)
    return data


def _check_links(data: bytes) -> None:
    """Links a person presses may lead outside; what loads by itself (templates, pictures) may not."""
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data):
        raise Refusal("office")
    for link in ElementTree.fromstring(data):  # noqa: S314 -- no entities, and the child is bounded
        values: dict[str, Any] = link.attrib
        kind = values.get("Type", "").rpartition("/")[2]
        if kind in ("vbaProject", "control", "activeXControlBinary", "wordVbaData"):
            raise Refusal("macros")
        if kind == "oleObject":
            raise Refusal("embedded" if values.get("TargetMode") != "External" else "outside")
        if values.get("TargetMode") == "External" and kind != "hyperlink":
            raise Refusal("outside")
