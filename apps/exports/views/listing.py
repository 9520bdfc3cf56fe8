"""The exports of an organization: how far they are, taking them, cancelling."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_POST, require_safe

from apps.core.errors import DomainError
from apps.exports.domain import export_cancel
from apps.exports.enums import OPEN, ExportState
from apps.exports.models import ExportJob
from apps.exports.permissions import can_export
from apps.exports.selectors import access_export, export_rows, limits_of
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization

PAGE = 20
#: Of a trial, in its workspace.
LATEST = 3
SHOWN = (*OPEN, ExportState.DONE)


def _rows(request: HttpRequest, owner: Organization) -> dict[str, Any]:
    exports = ExportJob.objects.filter(organization=owner).select_related("organization", "made_by")
    page = Paginator(exports, PAGE).get_page(request.GET.get("page"))
    rows = export_rows(page, owner, request.user)
    return {
        "organization": owner,
        "page": page,
        "rows": rows,
        "going": any(row.export.is_open for row in rows),
        "may_write": can_export(request.user, owner),
    }


@login_required
@require_safe
def export_list(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """What was asked for, how far it is, until when it is kept; the numbers that hold."""
    owner = access_organization(actor=request.user, pk=organization)
    context = {**_rows(request, owner), "limits": limits_of(owner)}
    return render(request, "exports/export_list.html", context)


def _tag(request: HttpRequest, organization: uuid.UUID) -> str:
    """Changes with any row, the reader and the language; a stranger's is as good as any."""
    rows = ExportJob.objects.filter(organization=organization)
    found = rows.aggregate(count=Count("pk"), last=Max("updated_at"))
    page = request.GET.get("page", "")[:8].encode().hex()
    return f'"{found["count"]}-{found["last"]}-{request.user.pk}-{get_language()}-{page}"'.replace(" ", "T")


@login_required
@require_safe
@condition(etag_func=_tag)
def export_rows_slot(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The rows alone, for the page that asks again while something is made: 304 when nothing changed."""
    owner = access_organization(actor=request.user, pk=organization)
    return render(request, "exports/_rows.html", _rows(request, owner))


@login_required
@require_POST
def export_cancel_act(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """End an export that is not ready yet."""
    export = access_export(actor=request.user, organization=organization, pk=pk, write=True)
    try:
        export_cancel(export=export, actor=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The export is cancelled. What was written of it is deleted."))
    return redirect("exports:export-list", organization)


@login_required
@require_safe
def organization_links(request: HttpRequest, organization: uuid.UUID) -> HttpResponse:
    """The link from the organization's first page."""
    owner = access_organization(actor=request.user, pk=organization)
    return render(request, "exports/_links.html", {"organization": owner})


@login_required
@require_safe
def trial_exports(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The latest exports of a trial, for its workspace; nothing while there are none to take."""
    owner = access_organization(actor=request.user, pk=organization)
    exports = ExportJob.objects.filter(organization=owner, params__trial=code, state__in=SHOWN)
    rows = export_rows(exports.select_related("organization")[:LATEST], owner, request.user)
    rows = [row for row in rows if row.may_take or row.export.is_open]
    if not rows:
        return HttpResponse(status=204)
    return render(request, "exports/_trial_exports.html", {"organization": owner, "rows": rows})
