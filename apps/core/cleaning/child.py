"""The child process that cleans one file. Started by ``apps.core.confinement``."""

from __future__ import annotations

import codecs
import os
import sys
from typing import IO, Any
from xml.etree import ElementTree

import pikepdf
import pikepdf.models
from PIL import Image

from apps.core.cleaning import office, pdf, pictures
from apps.core.cleaning.refusal import Refusal
from apps.core.confinement import confine, reply

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa")
_OTHER_PICTURES = (b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_PICTURE_TYPES = {"png": "image/png", "jpg": "image/jpeg"}


def clean(source: IO[bytes], out: IO[bytes]) -> dict[str, Any]:
    """Tell what ``source`` is by its first bytes and write it anew: ``{"kind", "suffix", "type"}``."""
    head = source.read(16)
    source.seek(0)
    if head.startswith(b"%PDF-"):
        pdf.pdf_save(source, out)
        return {"kind": "pdf", "suffix": "pdf", "type": "application/pdf"}
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        data, suffix = pictures.picture_bytes(source)
        out.write(data)
        return {"kind": "image", "suffix": suffix, "type": _PICTURE_TYPES[suffix]}
    if head.startswith(b"PK\x03\x04"):
        suffix, content_type = office.office_save(source, out)
        return {"kind": "office", "suffix": suffix, "type": content_type}
    raise Refusal(_refusal(head))


def _refusal(head: bytes) -> str:
    if not head:
        return "empty"
    if head.startswith(_PROGRAMS):
        return "program"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "office_password"
    if head.startswith(_OTHER_PICTURES) or head[4:8] == b"ftyp":
        return "other_picture"
    return "unknown"


def _load_all() -> None:
    """Import what Python loads late: without rights it may no longer be readable."""
    Image.init()
    # The child has a limit of its own for pixels.
    Image.MAX_IMAGE_PIXELS = None
    for name in ("cp437", "ascii", "latin-1", "utf-16", "utf-16-be", "utf-16-le", "utf-8-sig"):
        codecs.lookup(name)
    ElementTree.fromstring("<a/>")  # noqa: S314 -- our own text
    pikepdf.new().close()


def main() -> None:
    """Read standard input, write the result, say what it is or why not."""
    _load_all()
    with os.fdopen(confine(give_up_rights=True), "w+b", closefd=False) as out:
        try:
            said = clean(os.fdopen(sys.stdin.fileno(), "rb", closefd=False), out)
            out.flush()
        except Refusal as refusal:
            said = {"refused": refusal.code, "params": refusal.params}
        except (MemoryError, RecursionError):
            said = {"refused": "bomb", "params": {}}
    reply(said)
