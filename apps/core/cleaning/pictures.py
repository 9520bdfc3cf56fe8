"""Pictures without what they tell of place, time, camera and people."""

from __future__ import annotations

import io
import struct
import warnings
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from apps.core.cleaning.refusal import Refusal

#: What is accepted, told from the first bytes, never from the name.
FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 60_000_000
MAX_SIDE = 4000
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
#: What a PNG needs to look the same; text, time and EXIF are not among them.
_PNG_KEPT = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"bKGD",
        b"pHYs",
        b"sBIT",
    )
)
#: Segments of a JPEG that only tell about it: APP1 (EXIF, XMP), APP3–APP13 (IPTC and others), comments.
_JPEG_DROPPED = frozenset((0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE))


def bare_picture(picture: Image.Image, original_format: str | None) -> tuple[bytes, str]:
    """The pixels of ``picture`` alone, as PNG (with transparency, or as it was one) or JPEG, and which."""
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    target = picture.convert("RGBA" if clear else "RGB")
    bare = Image.new(target.mode, target.size)
    bare.paste(target)
    out = io.BytesIO()
    if clear or original_format == "PNG":
        bare.save(out, "PNG", optimize=target.width * target.height < 4_000_000)
        return out.getvalue(), "png"
    bare.save(out, "JPEG", quality=88)
    return out.getvalue(), "jpg"


def picture_bytes(source: IO[bytes]) -> tuple[bytes, str]:
    """A picture of its own decoded and written anew; raises ``Refusal``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(source, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise Refusal("too_many_pixels", width=width, height=height)
                original = picture.format
                picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
                turned = picture.getexif().get(0x0112)
                picture.thumbnail((MAX_SIDE, MAX_SIDE))
                upright = ImageOps.exif_transpose(picture) if turned else picture
                return bare_picture(upright, original)
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            OSError,
            SyntaxError,
            ValueError,
            struct.error,
            EOFError,
        ) as error:
            raise Refusal("picture") from error


def without_metadata(raw: bytes) -> bytes:
    """The picture inside another file without metadata, its pixels untouched; other bytes as they are."""
    if raw.startswith(b"\xff\xd8"):
        return _bare_jpeg(raw)
    if raw.startswith(PNG_MAGIC):
        return _bare_png(raw)
    if raw[:4] in (b"II*\x00", b"MM\x00*") or (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"):
        return _written_again(raw)
    return raw


def _bare_jpeg(raw: bytes) -> bytes:
    """Its segments but those that only tell about it; what stands behind the picture goes."""
    out, at = bytearray(b"\xff\xd8"), 2
    while at + 4 <= len(raw):
        if raw[at] != 0xFF:
            raise Refusal("picture_inside")
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            break
        size = struct.unpack_from(">H", raw, at + 2)[0]
        if size < 2:
            raise Refusal("picture_inside")
        end = at + 2 + size
        if marker == 0xDA:
            end = _end_of_scan(raw, end)
        if marker not in _JPEG_DROPPED:
            out += raw[at:end]
        at = end
    return bytes(out) + b"\xff\xd9"


def _end_of_scan(raw: bytes, at: int) -> int:
    """Where the next marker stands that is not part of the pixels."""
    while True:
        at = raw.find(b"\xff", at)
        if at < 0 or at + 1 >= len(raw):
            return len(raw)
        if raw[at + 1] != 0 and not 0xD0 <= raw[at + 1] <= 0xD7 and raw[at + 1] != 0xFF:
            return at
        at += 2 if raw[at + 1] != 0xFF else 1


def _bare_png(raw: bytes) -> bytes:
    out, at = bytearray(PNG_MAGIC), 8
    while at + 12 <= len(raw):
        size = struct.unpack_from(">I", raw, at)[0]
        kind = raw[at + 4 : at + 8]
        if at + 12 + size > len(raw):
            raise Refusal("picture_inside")
        if kind in _PNG_KEPT:
            out += raw[at : at + 12 + size]
        at += 12 + size
        if kind == b"IEND":
            break
    return bytes(out)


def _written_again(raw: bytes) -> bytes:
    """TIFF and WebP: decoded and written in their own format, so that their name stays true."""
    try:
        with Image.open(io.BytesIO(raw), formats=("TIFF", "WEBP")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Refusal("too_many_pixels", width=picture.width, height=picture.height)
            bare = Image.new(picture.mode, picture.size)
            bare.paste(picture)
            out = io.BytesIO()
            bare.save(out, picture.format)
            return out.getvalue()
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise Refusal("picture_inside") from error
