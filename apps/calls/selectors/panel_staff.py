"""The panel of a call as staff see it: who was invited, who may be, which conflicts stand."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.calls.enums import ConflictKind, ReviewerState
from apps.calls.models import Application, Call, ReviewAssignment, ReviewConflict, Reviewer, Theme
from apps.calls.rules.conflicts import Pair
from apps.calls.rules.people import Invitee
from apps.calls.selectors.conflicts import Finding
from apps.core import clock
from apps.core.errors import NotFound
from apps.core.registry import WorkItem

#: Nobody gets a second invitation before this has passed: two presses are one.
PAUSE = timedelta(minutes=2)
NEW, AGAIN, WAITING, ACCEPTED, STAFF = "new", "again", "waiting", "accepted", "staff"
#: Outcomes that send one mail.
SENDS = (NEW, AGAIN)


@dataclass(frozen=True)
class PlanRow:
    """What inviting ``person`` would do. ``reviewer``: the row of who was invited before."""

    person: Invitee
    outcome: str
    reviewer: Reviewer | None = None

    @property
    def refused(self) -> bool:
        return self.outcome == STAFF

    @property
    def words(self) -> str:
        """What happens, or why not, in a sentence."""
        said = {
            NEW: _("Gets an invitation."),
            AGAIN: _("Gets a new link; the earlier one stops working."),
            WAITING: _("An invitation left a moment ago. No second one is sent."),
            ACCEPTED: _("Reviews this call already. No mail is sent."),
            STAFF: _("%(email)s belongs to the city’s staff. Staff decide; they do not review.")
            % {"email": self.person.email},
        }
        return said[self.outcome]


def plan_of(call: Call, people: Sequence[Invitee], now: datetime) -> list[PlanRow]:
    """What inviting ``people`` to ``call`` would do, for each. Two queries."""
    mails = [person.email for person in people]
    of_staff = User.objects.filter(is_staff=True).filter(
        Q(email__in=mails) | Q(emailaddress__email__in=mails)
    )
    staff: set[str] = set()
    for email, other in of_staff.values_list("email", "emailaddress__email"):
        staff |= {email.lower(), (other or "").lower()}
    known = {row.email: row for row in Reviewer.objects.present().filter(call=call, email__in=mails)}
    return [_planned(person, known.get(person.email), staff, now) for person in people]


def _planned(person: Invitee, held: Reviewer | None, staff: set[str], now: datetime) -> PlanRow:
    if person.email in staff:
        return PlanRow(person, STAFF, held)
    if held is None:
        return PlanRow(person, NEW)
    if held.state == ReviewerState.ACCEPTED:
        return PlanRow(person, ACCEPTED, held)
    fresh = held.state == ReviewerState.INVITED and held.sent_at is not None and now < held.sent_at + PAUSE
    return PlanRow(person, WAITING if fresh else AGAIN, held)


def access_reviewer(*, call: Call, pk: uuid.UUID) -> Reviewer:
    """A reviewer of ``call`` who was not removed; ``NotFound``."""
    row = Reviewer.objects.present().filter(call=call, pk=pk).select_related("user", "call").first()
    if row is None:
        raise NotFound(_("This reviewer was removed."))
    return row


@dataclass(frozen=True)
class PanelRow:
    """A reviewer with numbers. ``themes`` in words, empty: all; ``expired``: no answer came in time."""

    reviewer: Reviewer
    themes: str
    assigned: int
    ties: int
    hard: int
    soft: int
    expired: bool

    @property
    def tone(self) -> str:
        if self.reviewer.state == ReviewerState.ACCEPTED:
            return "good"
        return "plain" if self.reviewer.state == ReviewerState.INVITED and not self.expired else "attention"


def panel_rows(call: Call, findings: Mapping[Pair, Finding], now: datetime) -> list[PanelRow]:
    """Everybody on the panel of ``call`` in the order of inviting. Three queries."""
    numbers = Counter((reviewer, finding.kind) for (reviewer, _application), finding in findings.items())
    assigned = Counter(
        ReviewAssignment.objects.present().filter(reviewer__call=call).values_list("reviewer_id", flat=True)
    )
    language = get_language() or "ja"
    names = {theme.code: theme.localized("name", language) for theme in Theme.objects.all()}
    rows = Reviewer.objects.present().filter(call=call).select_related("user").annotate(stated=Count("ties"))
    return [
        PanelRow(
            row,
            _(", ").join(names.get(code, code) for code in row.themes),
            assigned[row.pk],
            int(vars(row)["stated"]),
            numbers[row.pk, ConflictKind.HARD],
            numbers[row.pk, ConflictKind.SOFT],
            row.state == ReviewerState.INVITED and row.expires_at <= now,
        )
        for row in rows.order_by("created_at", "pk")
    ]


@dataclass(frozen=True)
class ConflictRow:
    """One conflict for staff. ``assigned``: the application is given to that reviewer."""

    reviewer: Reviewer
    application: Application
    finding: Finding
    assigned: bool

    @property
    def unread(self) -> bool:
        stored = self.finding.stored
        return stored is None or stored.seen_at is None


def conflict_rows(call: Call, findings: Mapping[Pair, Finding]) -> list[ConflictRow]:
    """Every conflict of ``call``: unread ones first, of those the assigned. Three queries."""
    reviewers = {row.pk: row for row in Reviewer.objects.present().filter(call=call)}
    wanted = {application for _reviewer, application in findings}
    applications = {row.pk: row for row in Application.objects.filter(pk__in=wanted)}
    given = set(
        ReviewAssignment.objects.present()
        .filter(reviewer__call=call, application__in=wanted)
        .values_list("reviewer_id", "application_id")
    )
    rows = [
        ConflictRow(reviewers[who], applications[what], finding, (who, what) in given)
        for (who, what), finding in findings.items()
        if who in reviewers and what in applications
    ]
    return sorted(
        rows, key=lambda row: (not row.unread, not row.assigned, row.application.code, row.reviewer.name)
    )


def lifted_rows(call: Call) -> list[ReviewConflict]:
    """What staff lifted, newest first. One query."""
    rows = ReviewConflict.objects.filter(reviewer__call=call, lifted_by__isnull=False)
    return list(rows.select_related("reviewer", "application", "lifted_by").order_by("-lifted_at"))


def access_conflict(*, call: Call, pk: uuid.UUID) -> ReviewConflict:
    """A conflict of ``call`` that stands; ``NotFound``."""
    rows = ReviewConflict.objects.standing().filter(reviewer__call=call, pk=pk)
    row = rows.select_related("reviewer__call", "application").first()
    if row is None:
        raise NotFound(_("This conflict of interest was lifted already."))
    return row


def waiting_conflicts(user: Any) -> list[WorkItem]:
    """Conflicts of interest that no member of staff has read yet, one entry for each call."""
    if not user.is_staff:
        return []
    rows = (
        ReviewConflict.objects.standing()
        .filter(seen_at__isnull=True, reviewer__removed_at__isnull=True)
        .values("reviewer__call", "reviewer__call__title")
        .annotate(number=Count("pk"), first=Min("created_at"))
        .order_by("first")
    )
    return [
        WorkItem(
            kind=gettext_lazy("Review"),
            title=row["reviewer__call__title"],
            detail=ngettext(
                "%(count)d new conflict of interest", "%(count)d new conflicts of interest", row["number"]
            )
            % {"count": row["number"]},
            url=reverse("admin:calls_call_conflicts", args=[row["reviewer__call"]]),
            action=pgettext_lazy("act", "Read and reassign"),
            due=clock.local_date(row["first"]),
        )
        for row in rows
    ]
