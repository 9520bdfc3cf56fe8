"""Dashboards of a trial: the list, one of them, its arrangement, its secret links, and what a link shows."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core import clock
from apps.core.errors import DomainError, NotFound
from apps.telemetry.domain.dashboards import (
    dashboard_make,
    dashboard_remove,
    dashboard_rename,
    link_make,
    link_opened,
    link_revoke,
    tile_move,
    tile_remove,
    tile_save,
)
from apps.telemetry.enums import TileKind
from apps.telemetry.forms.dashboard import DashboardForm, LinkForm, TileForm
from apps.telemetry.models import Dashboard, DashboardTile
from apps.telemetry.selectors.dashboards import (
    access_dashboard,
    dashboards_of,
    devices_to_show,
    fields_to_show,
    left_out,
    link_of_token,
    links_of,
    tiles_of,
)
from apps.telemetry.selectors.masks import handles_personal_data
from apps.telemetry.views.dashboards_shown import tile_items
from apps.trials.selectors import access_trial, may_change


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dashboard_list(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Those of the trial (GET), a new one (POST)."""
    write = request.method == "POST"
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=write)
    form = DashboardForm(request.POST or None)
    status = 200
    if write and form.is_valid():
        try:
            board = dashboard_make(trial=trial, organization=owner, actor=request.user, **form.cleaned_data)
            return redirect("telemetry:dashboard-edit", owner.pk, trial.code, board.pk)
        except DomainError as error:
            status = _told(form, error)
    elif write:
        status = 422
    context = {
        "trial": trial,
        "organization": owner,
        "form": form,
        "boards": dashboards_of(trial),
        "may_write": may_change(actor=request.user, trial=trial, organization=owner),
    }
    return render(request, "telemetry/dashboard_list.html", context, status=status)


@login_required
@require_safe
def dashboard_link(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """A line of the trial's workspace."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    return render(request, "telemetry/_dashboard_link.html", {"trial": trial, "organization": owner})


@login_required
@require_safe
def dashboard(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """The tiles with what they show now."""
    board = access_dashboard(actor=request.user, organization=organization, code=code, pk=pk)
    trial, owner = board.trial, board.organization
    may = owner.pk == organization and may_change(actor=request.user, trial=trial, organization=owner)
    return render(
        request,
        "telemetry/dashboard.html",
        {**_tiles(board, organization), "organization_id": organization, "may_write": may},
    )


@never_cache
@require_safe
def dashboard_open(request: HttpRequest, token: str) -> HttpResponse:
    """What a secret link shows to whoever has it: the tiles, nothing that leads further."""
    now = clock.now()
    try:
        link = link_of_token(token, now)
    except NotFound as gone:
        raise Http404(gone.message) from None
    link_opened(link=link, now=now)
    context = {**_tiles(link.dashboard), "link": link, "by_link": True}
    response = render(request, "telemetry/dashboard_open.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _tiles(board: Dashboard, seen_by: uuid.UUID | None = None) -> dict[str, Any]:
    now = clock.now()
    items = tile_items(tiles_of(board, now, seen_by=seen_by), now)
    return {"board": board, "trial": board.trial, "items": items, "now": now}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def dashboard_edit(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Its name and the order of its tiles; links to change each."""
    board = _to_change(request, organization, code, pk)
    form = DashboardForm(request.POST or None, initial={"name": board.name})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            dashboard_rename(dashboard=board, actor=request.user, **form.cleaned_data)
            messages.success(request, _("The name is changed."))
            return redirect("telemetry:dashboard-edit", organization, code, pk)
        except DomainError as error:
            status = _told(form, error)
    elif request.method == "POST":
        status = 422
    context = {
        **_board(board),
        "form": form,
        "tiles": board.tiles.prefetch_related("devices"),
        "kinds": TileKind.choices,
        "left_out": left_out(board),
        "flagged": handles_personal_data(board.trial),
    }
    return render(request, "telemetry/dashboard_edit.html", context, status=status)


@login_required
@require_POST
def dashboard_delete(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Take a dashboard away with its links."""
    dashboard_remove(dashboard=_to_change(request, organization, code, pk), actor=request.user)
    messages.success(request, _("The dashboard is gone, and its links with it."))
    return redirect("telemetry:dashboard-list", organization, code)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tile_new(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID, kind: str
) -> HttpResponse:
    """A new tile of ``kind``."""
    if kind not in TileKind.values:
        raise Http404
    return _tile(request, _to_change(request, organization, code, pk), TileKind(kind), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tile_edit(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID, tile: uuid.UUID
) -> HttpResponse:
    """Change a tile."""
    board = _to_change(request, organization, code, pk)
    row = _tile_of(board, tile)
    return _tile(request, board, TileKind(row.kind), row)


@login_required
@require_POST
def tile_act(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID, tile: uuid.UUID
) -> HttpResponse:
    """``act``: ``earlier``, ``later`` or ``remove``."""
    row = _tile_of(_to_change(request, organization, code, pk), tile)
    act = request.POST.get("act", "")
    if act == "remove":
        tile_remove(tile=row, actor=request.user)
        messages.success(request, _("The tile is gone."))
    elif act in ("earlier", "later"):
        tile_move(tile=row, actor=request.user, earlier=act == "earlier")
    return redirect("telemetry:dashboard-edit", organization, code, pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dashboard_links(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Secret links: those that live, a new one (shown once)."""
    board = _to_change(request, organization, code, pk)
    form = LinkForm(request.POST or None)
    status, address = 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            _link, token = link_make(dashboard=board, actor=request.user, **form.cleaned_data)
            address = request.build_absolute_uri(reverse("telemetry:dashboard-open", args=[token]))
            form = LinkForm()
        except DomainError as error:
            status = _told(form, error)
    elif request.method == "POST":
        status = 422
    context = {
        **_board(board),
        "form": form,
        "address": address,
        "links": links_of(board, clock.now()),
        "left_out": left_out(board),
        "flagged": handles_personal_data(board.trial),
    }
    return render(request, "telemetry/dashboard_links.html", context, status=status)


@login_required
@require_POST
def dashboard_link_revoke(
    request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID, link: uuid.UUID
) -> HttpResponse:
    """From now on the link shows nothing."""
    board = _to_change(request, organization, code, pk)
    row = board.links.filter(pk=link).first()
    if row is None:
        raise Http404
    link_revoke(link=row, actor=request.user)
    messages.success(request, _("The link shows nothing any more."))
    return redirect("telemetry:dashboard-links", organization, code, pk)


def _to_change(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> Dashboard:
    return access_dashboard(actor=request.user, organization=organization, code=code, pk=pk, write=True)


def _board(board: Dashboard) -> dict[str, Any]:
    return {"board": board, "trial": board.trial, "organization": board.organization}


def _tile_of(board: Dashboard, pk: uuid.UUID) -> DashboardTile:
    row = board.tiles.select_related("dashboard__trial", "dashboard__organization").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _tile(request: HttpRequest, board: Dashboard, kind: TileKind, tile: DashboardTile | None) -> HttpResponse:
    devices = devices_to_show(board.trial, board.organization_id)
    start = TileForm.start(tile) if tile else {}
    names = fields_to_show(devices) if kind in (TileKind.VALUE, TileKind.CHART) else []
    form = TileForm(request.POST or None, kind=kind, devices=devices, names=names, initial=start)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            tile_save(dashboard=board, actor=request.user, values=form.values(), tile=tile)
            return redirect("telemetry:dashboard-edit", board.organization_id, board.trial.code, board.pk)
        except DomainError as error:
            status = _told(form, error)
    elif request.method == "POST":
        status = 422
    context = {**_board(board), "form": form, "tile": tile, "kind": kind}
    return render(request, "telemetry/tile_edit.html", context, status=status)


def _told(form: Any, error: DomainError) -> int:
    """Put the domain's words into the form; the status of the page."""
    fields = getattr(error, "fields", None) or {None: [error.message]}
    for name, texts in fields.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
    return error.status
