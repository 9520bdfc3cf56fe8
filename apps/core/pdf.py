"""Pages on paper: a template becomes a tagged PDF with Japanese fonts in it, in a bounded child process."""

from __future__ import annotations

import io
import json
import tempfile
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from apps.core.confinement import Bounds, run_confined

MB = 1024 * 1024
BOUNDS = Bounds(seconds=90, cpu=75, memory=1536 * MB, output=20 * MB)
#: Longer texts are cut: a page can be 10,000 characters, a book it is not.
MOST_HTML = 4 * MB
STYLE = settings.BASE_DIR / "templates" / "pdf" / "paper.css"


class PdfFailed(Exception):
    """The PDF could not be made; the words are for the log and for staff."""


def pdf_of_template(template: str, context: dict[str, Any], *, language: str) -> bytes:
    """``template`` (it extends ``pdf/base.html``) rendered in ``language`` as PDF; raises ``PdfFailed``."""
    with translation.override(language):
        html = render_to_string(template, {**context, "language": language})
    return pdf_of_html(html)


def pdf_of_html(html: str) -> bytes:
    """``html`` on A4, with page numbers, tagged (PDF/UA). Fetches nothing. Raises ``PdfFailed``."""
    if len(html) > MOST_HTML:
        raise PdfFailed(f"The page has {len(html)} characters; {MOST_HTML} are the most.")
    job = json.dumps({"html": html, "css": STYLE.read_text(encoding="utf-8"), "tagged": True}).encode()
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as result:
        source.write(job)
        source.flush()
        answer = run_confined("apps.core.paper", source=source, result=result, bounds=BOUNDS)
        if answer.failure or "pages" not in answer.said:
            raise PdfFailed(answer.said.get("error") or f"The child ended: {answer.failure}")
        result.seek(0, io.SEEK_SET)
        return result.read()
