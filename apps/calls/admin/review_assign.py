"""Who reviews what: the table with its check boxes, and the even distribution with its preview."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.calls.admin.review_frame import of_call, refuse, show
from apps.calls.domain.assigning import Changed, assignments_change, assignments_evenly
from apps.calls.forms.phases import EvenForm, ReasonForm
from apps.calls.models import Application, Call, Reviewer, Theme
from apps.calls.rules.conflicts import Pair
from apps.calls.selectors.assigning import WANTED, even_plan, matrix, wish_of
from apps.core.errors import Conflict, DomainError


@of_call
def assign(request: HttpRequest, call: Call) -> HttpResponse:
    """The table; what was ticked and unticked since the page was shown is done, nothing else."""
    if request.method != "POST":
        return _table(request, call)
    ticked, was = _pairs(request.POST.getlist("pair")), _pairs(request.POST.get("was", "").split())
    form = ReasonForm(request.POST)
    confirmed = "confirmed" in request.POST and form.is_valid()
    try:
        done = assignments_change(
            call=call,
            actor=request.user,
            add=ticked - was,
            remove=was - ticked,
            confirmed=confirmed,
            reason=form.cleaned_data["reason"] if confirmed else "",
        )
    except Conflict as error:
        if error.code == "reviewed":
            return _ask(request, call, error, ticked, was)
        messages.error(request, error.message)
        return _table(request, call, error.status)
    messages.success(request, _done(done))
    return redirect(f"{reverse('admin:calls_call_assign', args=[call.pk])}?{request.GET.urlencode()}")


def _done(done: Changed) -> str:
    if not (done.added or done.removed):
        return _("Nothing was changed. No mail was sent.")
    words = _("Given: %(added)d. Taken away: %(removed)d. No mail was sent.")
    return words % {"added": done.added, "removed": done.removed}


def _table(request: HttpRequest, call: Call, status: int = 200) -> HttpResponse:
    wish = wish_of(request.GET)
    language = get_language() or "ja"
    return show(
        request,
        call,
        "assign",
        _("Who reviews what"),
        status=status,
        table=matrix(call, wish),
        wish=wish,
        wanted=WANTED,
        themes=[(row.code, row.localized("name", language)) for row in Theme.objects.all()],
        query=request.GET.urlencode(),
    )


def _ask(
    request: HttpRequest, call: Call, error: Conflict, ticked: set[Pair], was: set[Pair]
) -> HttpResponse:
    """Reviews were begun: ask before they stop counting. The whole change waits with it."""
    pairs: Iterable[Pair] = error.data["pairs"]
    names = dict(Reviewer.objects.filter(call=call).values_list("pk", "name"))
    rows = Application.objects.filter(pk__in=[other for _one, other in pairs]).only("code", "title")
    known = {row.pk: row for row in rows}
    return show(
        request,
        call,
        "assign_remove",
        _("Take these assignments away?"),
        status=409,
        words=error.message,
        lines=[(known[other], names[one]) for one, other in pairs],
        ticked=[f"{one}:{other}" for one, other in sorted(ticked)],
        was=" ".join(f"{one}:{other}" for one, other in sorted(was)),
        form=ReasonForm(),
        query=request.GET.urlencode(),
    )


def _pairs(values: Iterable[str]) -> set[Pair]:
    """What the boxes of a form say; what no box says is left out."""
    found = set()
    for value in values:
        one, _colon, other = value.partition(":")
        try:
            found.add((uuid.UUID(one), uuid.UUID(other)))
        except ValueError:
            continue
    return found


@of_call
def evenly(request: HttpRequest, call: Call) -> HttpResponse:
    """What an even distribution would give to whom (GET), and doing exactly that (POST)."""
    posted = request.method == "POST"
    start: Any = {"wanted": WANTED}
    form = EvenForm(request.POST if posted else {**start, **request.GET.dict()})
    status = 200
    if form.is_valid() and posted:
        try:
            done = assignments_evenly(call=call, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            status = refuse(form, error)
        else:
            messages.success(request, _given(len(done.pairs)))
            return redirect("admin:calls_call_assign", call.pk)
    elif posted:
        status = 422
    wanted = form.cleaned_data.get("wanted") if form.is_bound else None
    plan = even_plan(call, wanted) if wanted else None
    return show(request, call, "evenly", _("Distribute evenly"), status=status, form=form, plan=plan)


def _given(count: int) -> str:
    if not count:
        return _("Nothing was left to give. No mail was sent.")
    words = ngettext(
        "%(count)d assignment was made. No mail was sent.",
        "%(count)d assignments were made. No mail was sent.",
        count,
    )
    return words % {"count": count}
