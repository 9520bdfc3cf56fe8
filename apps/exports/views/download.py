"""Taking a file away."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from apps.core.downloads import file_answer
from apps.exports.selectors import access_export, file_facts


@login_required
@require_safe
def export_file(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponseBase:
    """The file, or the part of it that is asked for (``Range``). Who may is asked each time."""
    export = access_export(actor=request.user, organization=organization, pk=pk)
    return file_answer(request, **file_facts(export, request.user))
