"""Consents of facilities' keepers: the door behind a mailed link, what its page shows, staff's lists."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.calls.enums import ApplicationState, ConsentState
from apps.calls.models import Application, FacilityConsent
from apps.calls.selectors.answers import AnswerRow, answer_parts
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.registry import WorkItem
from apps.core.tokens import token_hash

ANSWERS = (ConsentState.APPROVED, ConsentState.DECLINED, ConsentState.CHANGE)
#: While it is a draft or withdrawn nobody is asked about it.
_NOT_ASKED = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN, ApplicationState.TURNED_DOWN)
MOST_WORK = 50
SHOWN = ("org_name", "title", "plan", "sensors", "period_from", "period_until")


def is_askable(application: Application) -> bool:
    """Whether a keeper's answer is of use to this application."""
    return application.state not in _NOT_ASKED


def access_consent_link(*, token: str, now: datetime | None = None) -> FacilityConsent:
    """The question behind a link, answered or not. Unknown, expired and void: the same ``NotFound``."""
    row = (
        FacilityConsent.objects.select_related("application__call", "asked_by")
        .filter(token_hash=token_hash(token), expires_at__gt=now or clock.now())
        .exclude(state=ConsentState.VOID)
        .first()
    )
    if row is None:
        raise NotFound(
            _(
                "This link does not exist or is no longer valid. Please check that the whole link was "
                "copied, or ask whoever sent it for a new one."
            )
        )
    return row


@dataclass(frozen=True)
class ConsentRow:
    """A consent as staff see it. ``late``: past its day; ``expired``: the link takes no answer any more."""

    consent: FacilityConsent
    late: bool
    expired: bool

    @property
    def tone(self) -> str:
        if self.consent.state == ConsentState.APPROVED:
            return "good"
        if self.consent.state == ConsentState.VOID:
            return "quiet"
        return "plain" if self.consent.state == ConsentState.ASKED and not self.late else "attention"

    @property
    def unread(self) -> bool:
        return self.consent.state in ANSWERS and self.consent.read_at is None


def consent_row(consent: FacilityConsent, now: datetime | None = None) -> ConsentRow:
    now = now or clock.now()
    asked = consent.state == ConsentState.ASKED
    late = asked and consent.due_on < clock.local_date(now)
    return ConsentRow(consent, late, asked and consent.expires_at <= now)


def consent_rows(application: Application, now: datetime | None = None) -> list[ConsentRow]:
    """The consents of an application in the order they were asked for. One query."""
    rows = application.consents.select_related("asked_by").order_by("created_at")
    return [consent_row(row, now) for row in rows]


def access_consent(*, pk: uuid.UUID) -> FacilityConsent:
    """A consent, for staff; ``NotFound``."""
    row = FacilityConsent.objects.select_related("application__call", "asked_by").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("This page does not exist."))
    return row


def shown_answers(application: Application) -> list[AnswerRow]:
    """What a keeper reads of the application: nothing of contact, address, personal data or files."""
    rows = [row for part in answer_parts(application) for row in part.rows]
    return [row for row in rows if row.name in SHOWN and row.value]


def waiting_consents(user: Any) -> list[WorkItem]:
    """Answers nobody read, and keepers who did not answer by their day."""
    if not user.is_staff:
        return []
    rows = FacilityConsent.objects.select_related("application").exclude(application__state__in=_NOT_ASKED)
    unread = rows.filter(state__in=ANSWERS, read_at=None).order_by("answered_at")[:MOST_WORK]
    late = rows.filter(state=ConsentState.ASKED, due_on__lt=clock.local_date()).order_by("due_on")[:MOST_WORK]
    return [
        *[_work(row, pgettext_lazy("act", "Read the answer")) for row in unread],
        *[_work(row, pgettext_lazy("act", "Remind or ask anew"), mails=1) for row in late],
    ]


def _work(row: FacilityConsent, action: Any, mails: int = 0) -> WorkItem:
    return WorkItem(
        kind=_("Consent of a facility, %(code)s") % {"code": row.application.code},
        title=row.facility,
        detail=f"{row.owner_name} · {row.get_state_display()}",
        url=reverse("admin:calls_facilityconsent_change", args=[row.pk]),
        action=action,
        due=row.due_on,
        mail_count=mails,
    )
