"""The page of one device, its CSV, and what the page of a trial shows of its data."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.devices.models import Device
from apps.devices.permissions import manages_device
from apps.devices.selectors import access_device
from apps.telemetry.selectors import device_page, field_names, links_of, messages_today, uplinks_in_parts
from apps.telemetry.selectors.device import RANGES, TABLE_ROWS, DevicePage
from apps.telemetry.selectors.events import EVENT_ROWS, device_events
from apps.telemetry.views import shown
from apps.telemetry.views.acts import act_of
from apps.telemetry.views.link_shown import LINK_RANGES, link_rows, link_sentence
from apps.trials.selectors import access_trial, workspace_facts


def hours_of(request: HttpRequest, name: str = "hours", ranges: tuple[int, ...] = RANGES) -> int:
    """The range asked for; anything else is 24 hours."""
    text = request.GET.get(name, "")
    return int(text) if text in {str(item) for item in ranges} else ranges[0]


@login_required
@require_safe
def device_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """State in words and what to do, newest values, chart, table, radio link, what the network told."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    now, hours = clock.now(), hours_of(request)
    rows = TABLE_ROWS["more" in request.GET]
    page = device_page(
        device=device, hours=hours, field_name=request.GET.get("field", ""), rows=rows, now=now
    )
    field = f"&field={page.field.name}" if page.field else ""
    may_write = device.organization_id == organization and manages_device(request.user, device)
    context = {
        "device": device,
        "organization_id": organization,
        "page": page,
        "state": page.states[0],
        "others": page.states[1:],
        "hours": hours,
        "csv_query": f"?hours={hours}",
        "verdict_text": shown.verdict_text(page, now),
        "values": shown.value_items(page, now),
        "ranges": shown.range_items(RANGES, hours, f"?hours=%d{field}"),
        "other_fields": [row for row in page.fields if row in page.numeric and row != page.field],
        "rows": shown.table_rows(page, now),
        "more": page.count > len(page.uplinks) and "more" not in request.GET,
        "may_write": may_write,
        "act": act_of(page.states[0].code, device, organization) if may_write else None,
        **_link(request, device, page, now),
        **_events(request, device, now),
    }
    return render(request, "telemetry/device_detail.html", context)


def _link(request: HttpRequest, device: Device, page: DevicePage, now: datetime) -> dict[str, object]:
    hours = hours_of(request, "link", LINK_RANGES)
    link = links_of([device], hours, now)[device.pk]
    return {
        "link": link,
        "link_sentence": link_sentence(link),
        "link_rows": link_rows(link, page.facts.rhythm),
        "link_ranges": shown.range_items(LINK_RANGES, hours, "?link=%d#link"),
    }


def _events(request: HttpRequest, device: Device, now: datetime) -> dict[str, object]:
    events, more = device_events(device, EVENT_ROWS["events" in request.GET])
    return {"events": shown.event_items(events, now), "more_events": more and "events" not in request.GET}


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
