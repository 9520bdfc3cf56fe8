"""Files of an application: adding, reading, removing; and the PDF copy of what was handed in."""

from __future__ import annotations

import io
import uuid

import structlog
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.calls.domain.attachment import attachment_add, attachment_remove, may_attach
from apps.calls.domain.paper import application_pdf, copy_name
from apps.calls.forms.attachments import AttachmentForm
from apps.calls.models import Application
from apps.calls.selectors.applications import access_application
from apps.calls.selectors.attachments import MOST_FILES, access_attachment, attachments_of
from apps.calls.selectors.paper import access_revision
from apps.core.documents import MAX_BYTES
from apps.core.errors import Conflict, InvalidInput, NotFound
from apps.core.pdf import PdfFailed
from apps.core.rates import rate_hit

logger = structlog.get_logger(__name__)

#: Uploads of one person in an hour: each costs some seconds of a processor.
UPLOADS_AN_HOUR = 60
COPIES_AN_HOUR = 60


def _page(
    request: HttpRequest, application: Application, form: AttachmentForm, status: int = 200
) -> HttpResponse:
    rows = attachments_of(application)
    may = may_attach(application, request.user)
    context = {
        "application": application,
        "call": application.call,
        "attachments": rows,
        "form": form,
        "may_attach": may,
        "may_add": may and len(rows) < MOST_FILES,
        "most": MOST_FILES,
        "max_bytes": MAX_BYTES,
    }
    return render(request, "calls/attachments.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attachments(request: HttpRequest, code: str) -> HttpResponse:
    """The files, and a form to add some. What can be taken is kept even if others are refused."""
    application = access_application(actor=request.user, code=code, write=request.method == "POST")
    if request.method != "POST":
        return _page(request, application, AttachmentForm())
    form = AttachmentForm(request.POST, request.FILES)
    added = _add_all(request, application, form) if form.is_valid() else 0
    if added:
        words = ngettext("%(count)d file is added.", "%(count)d files are added.", added)
        messages.success(request, words % {"count": added})
    if form.errors:
        return _page(request, application, form, status=422)
    return redirect("calls:attachments", code)


def _add_all(request: HttpRequest, application: Application, form: AttachmentForm) -> int:
    assert request.user.is_authenticated
    added = 0
    for file in form.cleaned_data["chosen"]:
        try:
            if not rate_hit(name="attachment", who=str(request.user.pk), limit=UPLOADS_AN_HOUR, seconds=3600):
                raise Conflict(_("Too many files in one hour. Please try again later."), code="rate")
            attachment_add(application=application, actor=request.user, file=file, name=file.name)
        except (InvalidInput, Conflict) as error:
            named = _("%(name)s: %(words)s") % {"name": file.name, "words": error.message}
            form.errors.setdefault("chosen", form.error_class()).append(named)
        else:
            added += 1
    return added


@login_required
@require_safe
def attachment(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponseBase:
    """The file, to be saved; never shown inside the portal's own address."""
    row = access_attachment(actor=request.user, code=code, pk=pk)
    try:
        content = row.file.open("rb")
    except OSError as error:
        raise NotFound(_("This file is not there. Please tell the city.")) from error
    response = FileResponse(content, as_attachment=True, filename=row.name, content_type=row.content_type)
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def attachment_remove_view(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    row = access_attachment(actor=request.user, code=code, pk=pk, write=True)
    assert request.user.is_authenticated
    try:
        attachment_remove(attachment=row, actor=request.user)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("“%(name)s” is removed.") % {"name": row.name})
    return redirect("calls:attachments", code)


@login_required
@require_safe
def application_copy(request: HttpRequest, code: str) -> HttpResponseBase:
    """The PDF copy of the latest revision that was handed in, in the page's language."""
    application = access_application(actor=request.user, code=code)
    revision = access_revision(application=application)
    if not rate_hit(name="copy", who=str(request.user.pk), limit=COPIES_AN_HOUR, seconds=3600):
        messages.error(request, _("Too many copies in one hour. Please try again later."))
        return redirect(application)
    try:
        content = application_pdf(revision=revision, language=get_language() or "ja")
    except PdfFailed:
        logger.exception("application_copy_failed", application=code)
        messages.error(request, _("The copy cannot be made now. Please try again in a minute."))
        return redirect(application)
    response = FileResponse(
        io.BytesIO(content),
        as_attachment=True,
        filename=copy_name(revision),
        content_type="application/pdf",
    )
    response["Cache-Control"] = "private, no-store"
    return response
