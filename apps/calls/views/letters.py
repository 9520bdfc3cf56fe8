"""A letter of the city, to be saved by the people of the organization to which it is addressed."""

from __future__ import annotations

import io
import uuid

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.calls.domain.letter import LetterDamaged, letter_content, letter_name
from apps.calls.selectors.letters import access_letter
from apps.core.pdf import PdfFailed

logger = structlog.get_logger(__name__)


@login_required
@require_safe
def letter_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The PDF as it was made, once."""
    letter = access_letter(actor=request.user, pk=pk)
    try:
        content = letter_content(letter)
    except (PdfFailed, LetterDamaged):
        logger.exception("letter_failed", letter=str(letter.pk))
        messages.error(request, _("The letter cannot be opened now. Please tell the city."))
        return redirect(letter.application or "/")
    response = FileResponse(
        io.BytesIO(content), as_attachment=True, filename=letter_name(letter), content_type="application/pdf"
    )
    response["Cache-Control"] = "private, no-store"
    return response
