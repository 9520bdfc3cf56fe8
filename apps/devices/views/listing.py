"""The list of a trial's devices, for its workspace."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.devices.selectors import DeviceList, DeviceRow, DeviceWish, device_list, devices_of_trial
from apps.devices.selectors.listing import GROUP_WORDS, GROUPS, SORTS
from apps.trials.rules import OVER
from apps.trials.selectors import access_trial, may_change, quotas

PAGE_SIZE = 50
#: From so many devices on the list can be searched and sorted.
MANY = 6
#: The word of each order.
SORT_WORDS: dict[str, str | Promise] = {
    "attention": _("What needs attention first"),
    "name": _("By name"),
    "last": _("Heard last"),
}


@login_required
@require_safe
def trial_devices(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Counts by state, filters, and the rows: what needs attention first."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    wish = DeviceWish.of(request.GET)
    listed = device_list(devices_of_trial(trial=trial, organization=owner), wish)
    page = Paginator(listed.rows, PAGE_SIZE).get_page(request.GET.get("devices"))
    quota = quotas(trial).get("devices")
    over = trial.phase() in OVER
    context = {
        "trial": trial,
        "organization": owner,
        "page": page,
        "rows": [_shown(row) for row in page],
        "listed": listed,
        "counts": _counts(listed),
        "groups": [(name, *GROUP_WORDS[name], listed.counts.get(name, 0)) for name in GROUPS],
        "sorts": [(name, SORT_WORDS[name]) for name in SORTS],
        "many": listed.total >= MANY,
        "query": urlencode({k: v for k, v in _query(wish).items() if v}),
        "quota": quota,
        "full": quota is None or quota.used >= quota.granted,
        "over": over,
        "may_write": not over and may_change(actor=request.user, trial=trial, organization=owner),
    }
    return render(request, "devices/_trial_devices.html", context)


def _query(wish: DeviceWish) -> dict[str, str]:
    return {"state": wish.group, "sort": wish.sort if wish.sort != SORTS[0] else "", "find": wish.find}


def _counts(listed: DeviceList) -> list[dict[str, object]]:
    """Numbers over the list: how many there are of each group that is not empty."""
    return [
        {"sign": sign, "label": word, "value": listed.counts[name]}
        for name, (sign, word) in GROUP_WORDS.items()
        if listed.counts.get(name)
    ]


def _shown(row: DeviceRow) -> dict[str, object]:
    last = row.state.last_at
    return {"device": row.device, "state": row.state, "last": clock.short(last) if last else ""}
