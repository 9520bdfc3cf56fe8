"""One alert, and the fragments that other pages show of open ones."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import NotAllowed
from apps.devices.selectors import access_device
from apps.telemetry.domain.alerts import alert_acknowledge, alert_hand_on
from apps.telemetry.forms.alert import AcknowledgeForm
from apps.telemetry.selectors.alerts import access_episode, episodes_of, open_of_device, rules_of
from apps.telemetry.views import alerts_shown as shown
from apps.trials.selectors import access_trial, may_change

#: Open alerts that another page names.
FEW = 3


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """What happened, when, and who looks after it (POST: a note)."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    episode = access_episode(trial=trial, organization=owner, pk=pk)
    writes = may_change(actor=request.user, trial=trial, organization=owner)
    form = AcknowledgeForm(request.POST if request.method == "POST" else None, initial={"note": episode.note})
    if request.method == "POST":
        if not writes:
            raise NotAllowed(
                _("You can look at this alert. Engineers of your organization can acknowledge it.")
            )
        if request.POST.get("act") == "webhook":
            _say(request, alert_hand_on(episode=episode, actor=_user(request)))
            return redirect("telemetry:alert", owner.pk, trial.code, episode.pk)
        if form.is_valid():
            alert_acknowledge(episode=episode, actor=_user(request), note=form.cleaned_data["note"])
            messages.success(request, _("Kept: you look after this alert."))
            return redirect("telemetry:alert", owner.pk, trial.code, episode.pk)
    context: dict[str, Any] = {"trial": trial, "organization": owner, "form": form, "may_write": writes}
    context |= {"episode": episode, **shown.episode_facts(episode)}
    return render(request, "telemetry/alert.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def alerts_slot(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """In the workspace of a trial: open alerts, if there are any."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    found = episodes_of(trial, owner).filter(ended_at=None)
    count = found.count()
    if not count:
        return HttpResponse(status=204)
    context: dict[str, Any] = {"trial": trial, "organization": owner, "count": count}
    context["rows"] = shown.episode_rows(found[:FEW])
    return render(request, "telemetry/_alerts_slot.html", context)


@login_required
@require_safe
def alerts_link(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """The way to the alerts, at the side of the workspace of a trial."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    context: dict[str, Any] = {
        "trial": trial,
        "organization": owner,
        "on": rules_of(trial, owner).filter(is_on=True).count(),
    }
    return render(request, "telemetry/_alerts_link.html", context)


@login_required
@require_safe
def device_alerts(request: HttpRequest, organization: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """On the page of a device: its open alerts, if there are any."""
    device = access_device(actor=request.user, organization=organization, pk=pk)
    found = open_of_device(device, organization)
    if not found:
        return HttpResponse(status=204)
    context: dict[str, Any] = {
        "trial": device.trial,
        "organization_id": organization,
        "rows": shown.episode_rows(found),
    }
    return render(request, "telemetry/_device_alerts.html", context)


def _say(request: HttpRequest, count: int) -> None:
    words = ngettext("Handed to %(count)d webhook.", "Handed to %(count)d webhooks.", count)
    if count:
        messages.success(request, words % {"count": count})
    else:
        messages.error(request, _("No webhook of your organization is set to tell of alerts."))


def _user(request: HttpRequest) -> Any:
    return request.user
