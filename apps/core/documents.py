"""Documents that people attach: told by their content, written anew without what nobody should get.

The work is done in a confined child (``apps.core.cleaning``): a hostile file costs some seconds, and
never the portal. What is refused is refused in words that say how to mend it.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
import unicodedata
import uuid
from dataclasses import dataclass
from typing import IO, Any

import structlog
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.confinement import Answer, Bounds, run_confined
from apps.core.uploads import MOST_BYTES

logger = structlog.get_logger(__name__)
MB = 1024 * 1024
MAX_BYTES = MOST_BYTES
MAX_NAME = 120
BOUNDS = Bounds(seconds=30, cpu=15, memory=1024 * MB, output=40 * MB)
#: What a file chooser offers.
ACCEPT = ".pdf,.png,.jpg,.jpeg,.webp,.docx,.xlsx,.pptx,.odt,.ods,.odp"
#: Children at the same time in one process; who waits longer is asked to come again.
_places = threading.BoundedSemaphore(2)
PATIENCE = 30.0

WORDS: dict[str, str | Promise] = {
    "empty": _("The file is empty. Please choose it again."),
    "too_large": _("The file is larger than %(limit)d MB. Please make it smaller or divide it."),
    "program": _("This is a program, not a document, whatever its name says. Please send a PDF."),
    "unknown": _("Files of this kind cannot be taken. Please save it as PDF, PNG, JPEG, docx, xlsx or pptx."),
    "other_picture": _("Pictures of this kind cannot be taken. Please save it as JPEG or PNG."),
    "picture": _("This picture cannot be read. Please save it again as JPEG or PNG."),
    "too_many_pixels": _(
        "The picture has too many pixels (%(width)d × %(height)d). Please make it smaller than 60 megapixels."
    ),
    "picture_inside": _("A picture in this file is damaged. Please take it out or save the file as PDF."),
    "bomb": _("Unpacked, this file would be far too large. Please save it again as PDF."),
    "pdf": _("This PDF is damaged. Please save or print it as PDF once more."),
    "pdf_pages": _("The PDF has more than %(limit)d pages. Please send the pages that matter."),
    "pdf_password": _(
        "This PDF has a password or forbids something. Please save it without password or protection."
    ),
    "office_password": _(
        "This file has a password, or it is of the kind before 2007. Please save it without password as "
        "docx, xlsx, pptx or PDF."
    ),
    "office": _("This office file is damaged. Please open it, save it again, or save it as PDF."),
    "macros": _("This file contains macros (small programs). Please save it without macros or as PDF."),
    "embedded": _("Another file is embedded in this one. Please take it out or save the file as PDF."),
    "outside": _(
        "This file loads something from elsewhere (a template, a linked table or picture). Please break the "
        "link or save it as PDF."
    ),
    "time": _("This file took too long to be checked. Please make it simpler or save it as PDF again."),
    "busy": _("Many files are being checked right now. Please try again in a minute."),
}


@dataclass(frozen=True)
class CleanDocument:
    """``kind`` pdf, image or office; ``name`` for people; ``content`` a file under a random name;
    ``size`` in bytes; ``sha256`` in hexadecimal digits, of what is in ``content``."""

    kind: str
    content_type: str
    name: str
    content: File[bytes]
    size: int
    sha256: str


def document_clean(file: IO[bytes] | File[bytes], name: str) -> CleanDocument:
    """``file`` written anew. Raises ``ValidationError``, its ``code`` a key of ``WORDS``.

    The caller closes ``content``. No more than 20 MB are ever read.
    """
    with tempfile.TemporaryFile() as source:
        _take(file, source)
        result = tempfile.TemporaryFile()  # noqa: SIM115 -- it is handed on
        try:
            said = _clean(source, result)
            size, digest = _measure(result)
            if size > MAX_BYTES:
                raise _refused("too_large", limit=MAX_BYTES // MB)
        except BaseException:
            result.close()
            raise
    return CleanDocument(
        kind=said["kind"],
        content_type=said["type"],
        name=clean_name(name, said["suffix"]),
        content=File(result, name=f"{uuid.uuid4().hex}.{said['suffix']}"),
        size=size,
        sha256=digest,
    )


def clean_name(name: str, suffix: str) -> str:
    """A file name for people: one line, no folder, nothing that turns or hides text; ends as its content."""
    name = unicodedata.normalize("NFC", str(name)).replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        c if c.isprintable() and unicodedata.category(c) not in ("Cf", "Cs", "Co") else " " for c in name
    )
    kept = re.sub(r'[<>:"|?*]', "_", re.sub(r"\s+", " ", kept)).strip().rstrip(" .")
    stem, dot, end = kept.rpartition(".")
    same = {"jpg": ("jpg", "jpeg")}.get(suffix, (suffix,))
    if not dot or not (end.lower() in same or re.fullmatch(r"[A-Za-z0-9]{1,5}", end)):
        stem = kept
    stem = stem.strip(" .")[: MAX_NAME - len(suffix) - 1].strip(" .")
    return f"{stem or 'file'}.{suffix}"


def _take(file: Any, source: IO[bytes]) -> None:
    """Copy ``file`` to ``source``, bounded."""
    if (getattr(file, "size", 0) or 0) > MAX_BYTES:
        raise _refused("too_large", limit=MAX_BYTES // MB)
    file.seek(0)
    left = MAX_BYTES + 1
    while left and (piece := file.read(min(left, 1 << 16))):
        source.write(piece)
        left -= len(piece)
    if not left:
        raise _refused("too_large", limit=MAX_BYTES // MB)
    source.flush()


def _clean(source: IO[bytes], result: IO[bytes]) -> dict[str, Any]:
    if not _places.acquire(timeout=PATIENCE):
        raise _refused("busy")
    try:
        answer = run_confined("apps.core.cleaning.child", source=source, result=result, bounds=BOUNDS)
    finally:
        _places.release()
    said = answer.said
    if answer.failure:
        logger.warning("document_child_failed", failure=answer.failure)
        raise _refused(_failure(answer))
    if "refused" in said:
        raise _refused(said["refused"], **said["params"])
    return said


def _failure(answer: Answer) -> str:
    """A child that died has met one of its limits."""
    return "time" if answer.failure == "time" else "bomb"


def _measure(result: IO[bytes]) -> tuple[int, str]:
    result.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := result.read(1 << 16):
        digest.update(piece)
        size += len(piece)
    result.seek(0)
    return size, digest.hexdigest()


def _refused(code: str, **params: Any) -> ValidationError:
    return ValidationError(str(WORDS[code]), code=code, params=params or None)
