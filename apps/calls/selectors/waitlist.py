"""The waiting list as staff see it, and what about answers waits for them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call, Letter
from apps.core import clock
from apps.core.registry import WorkItem

#: The rest is in the list of applications.
MOST = 100


def waiting_of(call: Call) -> list[Application]:
    """Those who were told that they wait, the first to move up first. One query."""
    rows = Application.objects.filter(
        call=call, state=ApplicationState.WAITLISTED, decision_published_at__isnull=False
    )
    return list(rows.order_by("waitlist_rank", "pk"))


def moved_of(call: Call) -> list[Application]:
    """Those who moved up, the latest first. One query."""
    rows = Application.objects.filter(call=call, moved_up_at__isnull=False).select_related("replaces")
    return list(rows.order_by("-moved_up_at"))


def letters_waiting(call: Call) -> list[Letter]:
    """Letters of ``call`` that nobody was told of yet, as they are numbered. One query."""
    rows = Letter.objects.filter(application__call=call, told_at=None, voided_at=None)
    return list(rows.select_related("application").order_by("fiscal_year", "serial"))


def overdue_answers(now: datetime) -> Any:
    return Application.objects.filter(state=ApplicationState.ADOPTED, answer_due_at__lt=now)


def waiting_answers(user: Any) -> list[WorkItem]:
    """Companies that did not answer in time; those that moved up and are not told yet."""
    if not user.is_staff:
        return []
    late = overdue_answers(clock.now()).only("code", "title", "org_name", "answer_due_at")
    items = [
        WorkItem(
            kind=_("Application %(code)s") % {"code": row.code},
            title=row.title,
            detail=_("%(name)s: no answer came in time") % {"name": row.org_name},
            url=reverse("admin:calls_letter_answer", args=[row.pk]),
            action=pgettext_lazy("act", "Extend or end"),
            due=clock.local_date(row.answer_due_at),
        )
        for row in late.order_by("answer_due_at")[:MOST]
    ]
    moved = Application.objects.filter(
        state=ApplicationState.ADOPTED, moved_up_at__isnull=False, decision_published_at=None
    )
    return items + [_moved_item(row) for row in moved.order_by("moved_up_at")[:MOST]]


def _moved_item(row: Application) -> WorkItem:
    where = reverse("admin:outbox_message_batch")
    return WorkItem(
        kind=_("Application %(code)s") % {"code": row.code},
        title=row.title,
        detail=_("%(name)s moved up from the waiting list. Its company is not told yet.")
        % {"name": row.org_name},
        url=f"{where}?{urlencode({'batch': f'waitlist-{row.code}'})}",
        action=pgettext_lazy("act", "Look at the mail"),
        due=clock.local_date(row.moved_up_at),
    )


def known_order(values: list[str]) -> list[uuid.UUID]:
    """The order a page was made with, from its hidden fields; odd ones count as none."""
    try:
        return [uuid.UUID(value) for value in values]
    except ValueError:
        return []
