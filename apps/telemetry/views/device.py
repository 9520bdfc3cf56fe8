"""The page of one device, what is polled of it, its frames, its CSV, and its part of a trial's page."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import parse_etags
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.devices.enums import DeviceState
from apps.devices.models import Device
from apps.devices.permissions import manages_device
from apps.devices.selectors import access_device
from apps.telemetry.selectors import device_page, field_names, links_of, messages_today, uplinks_in_parts
from apps.telemetry.selectors.device import TABLE_ROWS, DeviceNow, DevicePage, device_now
from apps.telemetry.selectors.events import EVENT_ROWS, device_events
from apps.telemetry.selectors.frames import frames_page
from apps.telemetry.selectors.sight import conditions_of
from apps.telemetry.views import series_shown, shown
from apps.telemetry.views.acts import act_of
from apps.telemetry.views.frames_shown import bench_address, frame_items
from apps.telemetry.views.link_shown import LINK_RANGES, link_rows, link_sentence
from apps.telemetry.views.ranges import Asked, address, asked_range, range_items, step_items
from apps.trials.rules import OVER
from apps.trials.selectors import access_trial, workspace_facts

#: Every so many seconds an open page asks whether there is anything new.
POLL_SECONDS = 30


@login_required
@require_safe
def device_detail(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """State in words, newest values, chart and table of a range, place, radio link, what the network told."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    now = clock.now()
    asked = asked_range(request, now)
    page = device_page(
        device=device,
        span=asked.span,
        field_name=request.GET.get("field", ""),
        rows=TABLE_ROWS["more" in request.GET],
        now=now,
    )
    context = {
        **_live(request, page.now, organization),
        **_series(request, page, asked),
        **_places(device, page),
        **_link(request, page.now),
        **_events(request, device, now),
        "polled": page.now.facts.trial_phase not in OVER and device.state != DeviceState.RETIRED,
        "poll_seconds": POLL_SECONDS,
    }
    return render(request, "telemetry/device_detail.html", context, status=asked.status)


def _live(request: HttpRequest, current: DeviceNow, organization: uuid.UUID) -> dict[str, Any]:
    """What is polled: the state and the newest values."""
    device, now = current.device, current.facts.now
    may_write = device.organization_id == organization and manages_device(request.user, device)
    return {
        "device": device,
        "organization_id": organization,
        "current": current,
        "state": current.states[0],
        "others": current.states[1:],
        "verdict_text": shown.verdict_text(current, now),
        "stale": shown.stale_text(current, now),
        "values": shown.value_items(current, now),
        "may_write": may_write,
        "act": act_of(current.states[0].code, device, organization) if may_write else None,
    }


def _series(request: HttpRequest, page: DevicePage, asked: Asked) -> dict[str, Any]:
    field = {"field": page.field.name} if page.field else {}
    more = "more" in request.GET
    rows = series_shown.table_rows(page, asked.now, 10_000 if more else TABLE_ROWS[0])
    return {
        "page": page,
        "asked": asked,
        "chart": series_shown.chart_data(page),
        "caption": series_shown.caption(page),
        "span_text": series_shown.span_text(page.answer.span, asked.now),
        "ranges": range_items(asked, **field),
        "steps": step_items(asked, **field),
        "kept": field.items(),
        "csv_query": address(asked.query),
        "fields": [
            {"field": row.field, "url": address(asked.query, field=row.field.name)}
            for row in page.series.fields
        ],
        "rows": rows,
        "last_heading": series_shown.last_heading(page),
        "more_url": address(asked.query, **field, more=1) if page.count > len(rows) and not more else "",
    }


def _places(device: Device, page: DevicePage) -> dict[str, Any]:
    items = series_shown.position_items(page, conditions_of([device], located=True).get(device.pk))
    return {"positions": items, "map_data": series_shown.map_data(items, page.now.states[0].sign.value)}


def _link(request: HttpRequest, current: DeviceNow) -> dict[str, object]:
    text = request.GET.get("link", "")
    hours = int(text) if text in {str(item) for item in LINK_RANGES} else LINK_RANGES[0]
    link = links_of([current.device], hours, current.facts.now)[current.device.pk]
    return {
        "link": link,
        "link_sentence": link_sentence(link),
        "link_rows": link_rows(link, current.facts.rhythm),
        "link_ranges": shown.range_items(LINK_RANGES, hours, "?link=%d#link"),
    }


def _events(request: HttpRequest, device: Device, now: datetime) -> dict[str, object]:
    events, more = device_events(device, EVENT_ROWS["events" in request.GET])
    return {"events": shown.event_items(events, now), "more_events": more and "events" not in request.GET}


@login_required
@require_safe
def device_live(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """State and newest values, for an open page: 304 while it would say the same."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    context = _live(request, device_now(device, clock.now()), organization)
    tag = _tag(context)
    same = tag in parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponseNotModified() if same else render(request, "telemetry/_device_live.html", context)
    response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
    return response


def _tag(context: dict[str, Any]) -> str:
    """Names what the fragment says, to whom and in which language."""
    latest = context["current"].latest
    names = ("verdict_text", "stale", "values", "state", "others", "act")
    said = [get_language(), latest and latest.deduplication_id, *(context[name] for name in names)]
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"'


@login_required
@require_safe
def device_frames(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Every uplink as it came: decoded values, payload, radio; 50 on a page."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    cursor = request.GET.get("cursor", "")
    page = frames_page(device, cursor)
    context = {
        "device": device,
        "organization_id": organization,
        "frames": frame_items(device, page.frames, clock.now()),
        "older": address({"cursor": page.older}) if page.older else "",
        "first": not cursor,
        "bench": bench_address(device, request.user),
    }
    return render(request, "telemetry/device_frames.html", context)


@login_required
@require_safe
def device_csv(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> StreamingHttpResponse:
    """Every uplink of the range as CSV (UTF-8 with BOM, for Excel), streamed."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    span = asked_range(request, clock.now()).span
    names = field_names(device, span.since, span.until)
    rows = shown.csv_rows(device, names, uplinks_in_parts(device, span.since, span.until), get_language())
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
