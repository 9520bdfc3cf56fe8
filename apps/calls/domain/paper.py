"""The PDF copy of what was handed in: made when it is asked for, never stored."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from apps.calls.models import ApplicationRevision
from apps.calls.selectors.paper import paper_of, revision_by_id
from apps.core.pdf import pdf_of_template

#: The outbox builds attachments of this kind when the mail leaves.
COPY_KIND = "calls.application-copy"


def application_pdf(*, revision: ApplicationRevision, language: str) -> bytes:
    """The copy of ``revision`` in ``language``. Raises ``core.pdf.PdfFailed``."""
    with translation.override(language):
        context = paper_of(revision, language)
        return pdf_of_template("calls/pdf/application.html", context, language=language)


def application_copy_attachment(args: dict[str, Any], language: str) -> tuple[bytes, str]:
    """For the outbox: ``args``: ``{"revision": uuid}``. The content and its type."""
    return application_pdf(revision=revision_by_id(args["revision"]), language=language), "application/pdf"


def copy_name(revision: ApplicationRevision) -> str:
    """``2026-015.pdf``, of a correction ``2026-015-2.pdf``."""
    code = revision.application.code
    return f"{code}.pdf" if revision.number == 1 else f"{code}-{revision.number}.pdf"
