"""The page of one device, its CSV, and what the page of a trial shows of its data."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.devices.permissions import manages_device
from apps.devices.selectors import access_device
from apps.telemetry.selectors import device_page, field_names, messages_today, uplinks_in_parts
from apps.telemetry.selectors.device import RANGES, TABLE_ROWS
from apps.telemetry.views import shown
from apps.trials.selectors import access_trial, workspace_facts


def hours_of(request: HttpRequest) -> int:
    """The range asked for; anything else is 24 hours."""
    text = request.GET.get("hours", "")
    return int(text) if text in {str(item) for item in RANGES} else RANGES[0]


@login_required
@require_safe
def device_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """State in words, newest values, chart, table."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    now, hours = clock.now(), hours_of(request)
    rows = TABLE_ROWS["more" in request.GET]
    field = request.GET.get("field", "")
    page = device_page(device=device, hours=hours, field_name=field, rows=rows, now=now)
    context = {
        "device": device,
        "organization_id": organization,
        "page": page,
        "hours": hours,
        "csv_query": f"?hours={hours}",
        "verdict_text": shown.verdict_text(page, now),
        "values": shown.value_items(page, now),
        "ranges": shown.range_items(device, page, hours),
        "rows": shown.table_rows(page, now),
        "more": page.count > len(page.uplinks) and "more" not in request.GET,
        "may_write": device.organization_id == organization and manages_device(request.user, device),
    }
    return render(request, "telemetry/device_detail.html", context)


@login_required
@require_safe
def device_csv(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """Everything of the range as CSV (UTF-8 with BOM, for Excel), streamed."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    since = clock.now() - timedelta(hours=hours_of(request))
    rows = shown.csv_rows(device, field_names(device, since), uplinks_in_parts(device, since))
    response = StreamingHttpResponse(csv_lines(rows), content_type=CONTENT_TYPE)
    name = f"{device.trial.code}-{device.dev_eui}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@login_required
@require_safe
def trial_usage(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Today's messages against the quota, for the trial's workspace."""
    trial, _owner = access_trial(actor=request.user, organization=organization, code=code)
    context = {"quota": workspace_facts(trial).messages, "used": messages_today(trial)}
    return render(request, "telemetry/_trial_usage.html", context)
