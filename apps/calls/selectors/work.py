"""What waits for staff, for the admin's first page."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from apps.calls.enums import ApplicationState, CallState, Outcome
from apps.calls.models import Application, Call, Decision
from apps.core import clock
from apps.core.registry import WorkItem

#: The rest is in the list of applications.
MOST = 100


def waiting_applications(user: Any) -> list[WorkItem]:
    """Submitted applications that nobody decided yet; due on the day of the call's decision."""
    if not user.is_staff:
        return []
    rows = (
        Application.objects.filter(state=ApplicationState.SUBMITTED)
        .exclude(decision__outcome__in=Outcome.values)
        .select_related("call")
        .only("code", "title", "org_name", "call__decision_on")
        .order_by("call__decision_on", "submitted_at")[:MOST]
    )
    return [
        WorkItem(
            kind=_("Application %(code)s") % {"code": row.code},
            title=row.title,
            detail=row.org_name,
            url=reverse("admin:calls_application_change", args=[row.pk]),
            action=pgettext_lazy("act", "Decide"),
            due=row.call.decision_on,
            mail_count=0,
        )
        for row in rows
    ]


def waiting_decisions(user: Any) -> list[WorkItem]:
    """Of each call: decisions that this person can sign, and signed ones that are not final."""
    if not user.is_staff:
        return []
    rows = (
        Decision.objects.filter(application__state=ApplicationState.SUBMITTED)
        .exclude(outcome="")
        .values("application__call", "application__call__title", "application__call__decision_on")
        .annotate(
            unsigned=Count("pk", filter=Q(signed_by=None) & ~Q(decided_by=user)),
            signed=Count("pk", filter=Q(signed_by__isnull=False)),
        )
        .order_by("application__call__decision_on")
    )
    return [
        WorkItem(
            kind=_("Decisions"),
            title=row["application__call__title"],
            detail=_decisions_waiting(name, count),
            url=reverse(f"admin:calls_decision_{page}", args=[row["application__call"]]),
            action=act,
            due=row["application__call__decision_on"],
            mail_count=0,
        )
        for row in rows
        for name, page, act, count in (
            ("unsigned", "sign", pgettext_lazy("act", "Sign"), row["unsigned"]),
            ("signed", "publish", pgettext_lazy("act", "Make final"), row["signed"]),
        )
        if count
    ]


def _decisions_waiting(name: str, count: int) -> str:
    text = (
        ngettext(
            "%(count)d decision waits for a second signature",
            "%(count)d decisions wait for a second signature",
            count,
        )
        if name == "unsigned"
        else ngettext(
            "%(count)d signed decision is not final",
            "%(count)d signed decisions are not final",
            count,
        )
    )
    return text % {"count": count}


def waiting_corrections(user: Any) -> list[WorkItem]:
    """Applications whose correction did not come by its day."""
    if not user.is_staff:
        return []
    rows = Application.objects.filter(state=ApplicationState.RETURNED, return_until__lte=clock.now())
    return [
        WorkItem(
            kind=_("Application %(code)s") % {"code": row.code},
            title=row.title,
            detail=_("%(name)s: the correction did not come") % {"name": row.org_name},
            url=reverse("admin:calls_application_change", args=[row.pk]),
            action=pgettext_lazy("act", "Extend or take it as it was"),
            due=clock.local_date(row.return_until),
        )
        for row in rows.only("code", "title", "org_name", "return_until").order_by("return_until")[:MOST]
    ]


def waiting_calls(user: Any) -> list[WorkItem]:
    """Drafts of calls; due on the day they open."""
    if not user.is_staff:
        return []
    return [
        WorkItem(
            kind=gettext_lazy("Call"),
            title=call.title,
            detail=gettext_lazy("Draft, not published"),
            url=reverse("admin:calls_call_change", args=[call.pk]),
            action=pgettext_lazy("act", "Check and publish"),
            due=clock.local_date(call.opens_at),
        )
        for call in Call.objects.filter(state=CallState.DRAFT).order_by("opens_at")[:MOST]
    ]
