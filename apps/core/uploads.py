"""Pictures that people send: sniffed, size-limited, decoded and written anew without metadata.

Nothing of the sent file survives but its pixels: no EXIF (place, camera), no trailing data, no
second format hidden in the first.
"""

from __future__ import annotations

import io
import uuid
import warnings
from dataclasses import dataclass
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.core.cleaning.pictures import FORMATS, bare_picture

#: Bytes of the largest file that anything in the portal takes.
MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """``max_bytes`` of the file; ``max_pixels`` before; sides in px."""

    max_bytes: int = 5 * 1024 * 1024
    max_pixels: int = 24_000_000
    max_side: int = 2400
    min_side: int = 1


LOGO = Limits(max_bytes=2 * 1024 * 1024, max_side=512, min_side=96)


def picture_clean(file: IO[bytes], limits: Limits = Limits()) -> ContentFile[bytes]:
    """``file`` as a fresh PNG (with transparency) or JPEG under a random name; raises ``ValidationError``."""
    raw = _read(file, limits.max_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
                _check_size(picture.size, limits)
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((limits.max_side, limits.max_side))
                return _encode(upright)
        except (
            UnidentifiedImageError,
            Image.DecompressionBombError,
            OSError,
            SyntaxError,
            ValueError,
        ) as error:
            message = _("This is not a picture that can be read. Please choose a PNG, WebP or JPEG file.")
            raise ValidationError(message, code="unreadable") from error


def _read(file: IO[bytes], max_bytes: int) -> bytes:
    file.seek(0)
    raw = file.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise ValidationError(
            _("The file is larger than %(limit)s MB."),
            code="too_large",
            params={"limit": f"{max_bytes / 1024 / 1024:g}"},
        )
    return raw


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    params: dict[str, Any] = {"width": width, "height": height}
    if width * height > limits.max_pixels:
        text = _("The picture has too many pixels (%(width)d × %(height)d).")
        raise ValidationError(text, code="too_many_pixels", params=params)
    if min(size) < limits.min_side:
        text = _(
            "The picture is too small (%(width)d × %(height)d). Each side needs %(least)d pixels or more."
        )
        raise ValidationError(text, code="too_small", params={**params, "least": limits.min_side})


def _encode(picture: Image.Image) -> ContentFile[bytes]:
    data, suffix = bare_picture(picture, picture.format)
    return ContentFile(data, name=f"{uuid.uuid4().hex}.{suffix}")


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Puts a large upload into a temporary file, but no more of it than anybody may send.

    The rest is read and thrown away, so that the person gets an answer in words; ``size`` of the file
    tells how much was sent, and every reader refuses one beyond its limit.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = MOST_BYTES + 1 - start
        if room > 0:
            super().receive_data_chunk(raw_data[:room], start)
