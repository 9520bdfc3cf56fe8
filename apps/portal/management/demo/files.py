"""Sample files of applications: a drawing made on the spot, as a picture or as a PDF."""

from __future__ import annotations

import hashlib
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from apps.calls.enums import AttachmentKind
from apps.calls.models import Application, Attachment
from apps.portal.management.demo.fixture import Fixture

#: kind: (Pillow's format, content type, ending)
_FORMATS = {
    AttachmentKind.IMAGE: ("PNG", "image/png", "png"),
    AttachmentKind.PDF: ("PDF", "application/pdf", "pdf"),
}


def load_files(fixture: Fixture) -> int:
    """The files that ``applications.json`` names, as if they had been cleaned already."""
    made = 0
    for row in fixture.read("applications"):
        for name, kind in row.get("files", ()):
            application = Application.objects.get(code=row["code"])
            if not application.attachments.filter(name=name).exists():
                _attach(application, name, AttachmentKind(kind))
                made += 1
    return made


def _attach(application: Application, name: str, kind: AttachmentKind) -> None:
    form, content_type, ending = _FORMATS[kind]
    content = BytesIO()
    _drawing().save(content, form)
    data = content.getvalue()
    attachment = Attachment(
        application=application,
        uploaded_by=application.created_by,
        name=name,
        kind=kind,
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    attachment.file.save(f"sample.{ending}", ContentFile(data), save=False)
    attachment.full_clean()
    attachment.save()


def _drawing() -> Image.Image:
    """A channel, its screen and two gauges: lines only, so that no font is needed."""
    image = Image.new("RGB", (800, 500), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 300, 760, 430), fill="#dcecf7", outline="#264653", width=4)
    for x in range(380, 430, 10):
        draw.line((x, 240, x, 430), fill="#264653", width=3)
    for x in (260, 540):
        draw.line((x, 120, x, 300), fill="#1b4d5c", width=6)
        draw.rectangle((x - 34, 90, x + 34, 130), fill="#1b4d5c")
        draw.line((x, 300, x, 400), fill="#1b4d5c", width=2)
    return image
