"""Several devices and values in one chart, at an address that can be passed on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.devices.models import Device
from apps.devices.selectors import devices_of_trial
from apps.telemetry.forms.compare import CompareForm
from apps.telemetry.selectors.compare import Line, comparable_fields, lines_of
from apps.telemetry.selectors.series import DEVICES, SeriesAnswer
from apps.telemetry.views.ranges import Asked, asked_range, range_items, step_items
from apps.telemetry.views.series_shown import line_of, means_text, seconds, span_text, start_text
from apps.telemetry.views.shown import shown_number
from apps.trials.selectors import access_trial

#: Rows of the table at first.
ROWS = 24


@login_required
@require_safe
def compare(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Chart and table of the chosen devices and values; the first two devices before anything is chosen."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    asked = asked_range(request, clock.now())
    devices = list(devices_of_trial(trial=trial, organization=owner))
    fields = comparable_fields(devices)
    data = _given(request, devices, [field.name for field in fields])
    form = CompareForm(data, devices=devices, fields=fields)
    chosen, names = _chosen(form, devices)
    context: dict[str, Any] = {"trial": trial, "organization": owner, "form": form, "devices": devices}
    if chosen and names:
        context |= _drawn(request, asked, chosen, names)
    kept = {"device": [str(one.pk) for one in chosen], "field": names}
    context |= {
        "asked": asked,
        "ranges": range_items(asked, **kept),
        "steps": step_items(asked, **kept),
        "kept": [(name, value) for name, values in kept.items() for value in values],
        "range_kept": asked.query.items(),
    }
    status = 200 if form.is_valid() else 422
    return render(request, "telemetry/compare.html", context, status=max(status, asked.status))


def _given(request: HttpRequest, devices: Sequence[Device], names: Sequence[str]) -> QueryDict:
    """What the address says; where it says nothing, the first two devices and the first value."""
    data = QueryDict(mutable=True)
    first = {"device": [str(one.pk) for one in devices[:2]], "field": list(names[:1])}
    for name, otherwise in first.items():
        data.setlist(name, request.GET.getlist(name) or otherwise)
    return data


def _chosen(form: CompareForm, devices: Sequence[Device]) -> tuple[list[Device], list[str]]:
    if not form.is_valid():
        return [], []
    wanted = form.cleaned_data["device"]
    return [one for one in devices if str(one.pk) in wanted][:DEVICES], form.cleaned_data["field"]


def _drawn(
    request: HttpRequest, asked: Asked, devices: Sequence[Device], names: Sequence[str]
) -> dict[str, Any]:
    answer, lines = lines_of(devices, names, asked.span, asked.now)
    rows = _rows(answer, lines, asked.now)
    return {
        "lines": [{"line": line, "label": _label(line, devices, names)} for line in lines],
        "chart": _chart(answer, lines, asked.now, devices, names) if lines else None,
        "caption": means_text(answer.interval),
        "span_text": span_text(answer.span, asked.now),
        "rows": rows if "more" in request.GET else rows[:ROWS],
        "more": len(rows) > ROWS and "more" not in request.GET,
        "more_url": f"?{request.GET.urlencode()}&more=1",
    }


def _label(line: Line, devices: Sequence[Device], names: Sequence[str]) -> str:
    """As short as tells the lines apart."""
    if len(names) == 1:
        return line.device.name
    return line.field.label if len(devices) == 1 else f"{line.device.name} {line.field.label}"


def _unit(lines: Sequence[Line], right: bool) -> str:
    """The values of an axis with their unit."""
    mine = [line.field for line in lines if line.right == right]
    if not mine:
        return ""
    labels = " / ".join(dict.fromkeys(field.label for field in mine))
    return f"{labels} {mine[0].unit}".strip()


def _chart(
    answer: SeriesAnswer,
    lines: Sequence[Line],
    now: datetime,
    devices: Sequence[Device],
    names: Sequence[str],
) -> dict[str, Any]:
    return {
        "kind": "line",
        "unit": _unit(lines, right=False),
        "unit2": _unit(lines, right=True),
        "from": seconds(answer.span.since),
        "to": seconds(min(answer.span.until, now)),
        "series": [
            {
                **line_of(line.row, raw=True, label=_label(line, devices, names)),
                "x": [seconds(time) for time in line.series.times],
                "scale": int(line.right),
            }
            for line in lines
        ],
    }


def _rows(answer: SeriesAnswer, lines: Sequence[Line], now: datetime) -> list[dict[str, Any]]:
    """Hours or days, the newest first, with a cell for each line."""
    values = [dict(zip(line.series.times, line.row.mean, strict=True)) for line in lines]
    times = sorted({time for one in values for time, value in one.items() if value is not None}, reverse=True)
    return [
        {
            "time": time,
            "shown": start_text(time, answer.interval, now),
            "cells": [
                shown_number(line.field, one.get(time)) for line, one in zip(lines, values, strict=True)
            ],
        }
        for time in times
    ]
