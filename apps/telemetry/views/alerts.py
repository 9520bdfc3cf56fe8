"""Alert rules of a trial: look, make, change, try on the past, switch, remove."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import DomainError, InvalidInput
from apps.organizations.models import Organization
from apps.telemetry.domain.alerts import (
    alert_rule_remove,
    alert_rule_save,
    alert_rule_switch,
    alert_rule_tried,
)
from apps.telemetry.enums import AlertKind
from apps.telemetry.forms.alert import AlertRuleForm
from apps.telemetry.models import AlertRule
from apps.telemetry.selectors.alert_past import STRETCHES, can_try, rule_tried, untold_states
from apps.telemetry.selectors.alert_words import state_label
from apps.telemetry.selectors.alerts import (
    MOST_OPEN,
    access_rule,
    devices_to_watch,
    episodes_of,
    may_be_told,
    numeric_fields,
    partners_unwatched,
    rules_with_counts,
)
from apps.telemetry.views import alerts_shown as shown
from apps.trials.models import Trial
from apps.trials.selectors import access_trial, may_change

#: Alerts of the history on one page.
PAGE = 50


@login_required
@require_safe
def alert_list(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Open alerts, the rules, and what was."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    episodes = episodes_of(trial, owner)
    running = list(episodes.filter(ended_at=None)[: MOST_OPEN + 1])
    page = Paginator(episodes.exclude(ended_at=None), PAGE).get_page(request.GET.get("page"))
    rules = rules_with_counts(trial, owner)
    context: dict[str, Any] = {
        "rules": shown.rule_rows(rules, list(devices_to_watch(trial, owner))),
        "open": shown.episode_rows(running[:MOST_OPEN]),
        "more": len(running) > MOST_OPEN,
        "past": shown.episode_rows(page),
        "page": page,
        "may_write": may_change(actor=request.user, trial=trial, organization=owner),
    }
    return _page(request, "alert_list", trial, owner, **context)


@login_required
@require_safe
def alert_new(request: HttpRequest, organization: uuid.UUID, code: str) -> HttpResponse:
    """Which kind of rule?"""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    return _page(request, "alert_new", trial, owner, kinds=shown.kind_rows())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert_make(request: HttpRequest, organization: uuid.UUID, code: str, kind: str) -> HttpResponse:
    """A new rule of a kind."""
    if kind not in AlertKind.values:
        raise Http404
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    start = {"people": [str(request.user.pk)], "minutes": 60 if kind == AlertKind.SILENCE else 0}
    if kind == AlertKind.BATTERY:
        start |= {"limit": 20, "release": 30}
    return _edit(request, trial, owner, kind, start)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert_edit(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Change a rule."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    rule = access_rule(trial=trial, organization=owner, pk=pk)
    return _edit(request, trial, owner, rule.kind, AlertRuleForm.start(rule), rule)


@login_required
@require_safe
def alert_rule(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """A rule; with ``?days=`` how it would have done in the past."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code)
    rule = access_rule(trial=trial, organization=owner, pk=pk)
    writes = may_change(actor=request.user, trial=trial, organization=owner)
    return _rule_page(request, trial, owner, rule, writes=writes)


@login_required
@require_POST
def alert_switch(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """``act``: ``try`` (for ``days``), ``on`` (``untried`` without a try), ``off``."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    rule = access_rule(trial=trial, organization=owner, pk=pk)
    act = request.POST.get("act")
    address = ("telemetry:alert-rule", owner.pk, trial.code, rule.pk)
    if act == "try" and can_try(rule):
        alert_rule_tried(rule=rule, actor=_user(request))
        response = redirect(*address)
        response["Location"] += f"?days={_days(request.POST.get('days')) or STRETCHES[1]}#past"
        return response
    if act not in ("on", "off"):
        raise Http404
    try:
        untried = bool(request.POST.get("untried"))
        alert_rule_switch(rule=rule, on=act == "on", untried=untried, actor=_user(request))
    except DomainError as error:
        return _rule_page(request, trial, owner, rule, writes=True, refusal=error)
    messages.success(request, _("The rule is on.") if act == "on" else _("The rule is off."))
    return redirect(*address)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def alert_remove(request: HttpRequest, organization: uuid.UUID, code: str, pk: uuid.UUID) -> HttpResponse:
    """Remove a rule and its history, after a question."""
    trial, owner = access_trial(actor=request.user, organization=organization, code=code, write=True)
    rule = access_rule(trial=trial, organization=owner, pk=pk)
    if request.method == "POST":
        alert_rule_remove(rule=rule, actor=_user(request))
        messages.success(request, _("The rule is removed."))
        return redirect("telemetry:alert-list", owner.pk, trial.code)
    return _page(request, "alert_remove", trial, owner, rule=rule, alerts=rule.episodes.count())


def _edit(
    request: HttpRequest,
    trial: Trial,
    owner: Organization,
    kind: str,
    start: dict[str, Any],
    rule: AlertRule | None = None,
) -> HttpResponse:
    devices, members = list(devices_to_watch(trial, owner)), list(may_be_told(owner, trial))
    fields = numeric_fields(devices) if kind == AlertKind.THRESHOLD else []
    form = AlertRuleForm(
        request.POST if request.method == "POST" else None,
        initial=start,
        kind=kind,
        fields=fields,
        devices=devices,
        members=members,
    )
    status = 200 if request.method != "POST" else 422
    if request.method == "POST" and form.is_valid():
        try:
            wish = form.wish(devices, members)
            kept = alert_rule_save(
                trial=trial, organization=owner, actor=_user(request), wish=wish, rule=rule
            )
        except InvalidInput as error:
            form.refuse(error)
        except DomainError as error:
            form.add_error(None, error.message)
            status = error.status
        else:
            messages.success(request, _("The rule is kept."))
            return redirect("telemetry:alert-rule", owner.pk, trial.code, kept.pk)
    context: dict[str, Any] = {"form": form, "rule": rule, "kind": kind, "kind_label": AlertKind(kind).label}
    context["others"] = _(", ").join(partners_unwatched(trial, owner))
    context["no_field"] = kind == AlertKind.THRESHOLD and not fields
    return _page(request, "alert_edit", trial, owner, status=status, **context)


def _rule_page(
    request: HttpRequest,
    trial: Trial,
    owner: Organization,
    rule: AlertRule,
    *,
    writes: bool,
    refusal: DomainError | None = None,
) -> HttpResponse:
    days = _days(request.GET.get("days")) if can_try(rule) else None
    tried = rule_tried(rule, days=days) if days else None
    context: dict[str, Any] = {
        "rule": rule,
        "may_write": writes,
        "refusal": refusal.message if refusal else "",
        "others": _(", ").join(partners_unwatched(trial, owner)),
        "can_try": can_try(rule),
        "untold": _(", ").join(state_label(code) for code in untold_states(rule)),
        "stretches": shown.stretch_items(days),
        "past": shown.tried_of(tried, rule, days) if tried else None,
        **shown.rule_facts(rule),
    }
    return _page(request, "alert_rule", trial, owner, status=refusal.status if refusal else 200, **context)


def _days(text: str | None) -> int | None:
    return next((days for days in STRETCHES if text == str(days)), None)


def _page(
    request: HttpRequest, name: str, trial: Trial, owner: Organization, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"trial": trial, "organization": owner, **more}
    response = render(request, f"telemetry/{name}.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _user(request: HttpRequest) -> Any:
    return request.user
