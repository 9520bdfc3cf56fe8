"""What the portal's own pages show of several apps: home, where a person goes first, demo mail."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call
from apps.calls.selectors.call_page import next_change
from apps.calls.selectors.calls import ShownCall, shown_call
from apps.calls.selectors.review_work import reviews_something
from apps.core import clock
from apps.organizations.models import Organization
from apps.reports.models import Report
from apps.reports.selectors import outcome_counts, published_reports

if TYPE_CHECKING:
    from apps.accounts.models import User

NEWEST = 3


def sent_at(header: str) -> datetime:
    """A mail's Date; ``-0000`` means UTC without saying where the sender is (RFC 5322)."""
    moment = parsedate_to_datetime(header)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Home:
    calls: Sequence[ShownCall]
    next_call: Call | None
    #: When the calls on the page read otherwise; None without any.
    until: datetime | None
    counts: dict[str, int]
    reports: Sequence[Report]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def home(*, now: datetime | None = None) -> Home:
    """The home page at ``now``: open calls (the first to close first), counts, the newest records."""
    now = now or clock.now()
    calls = [shown_call(call, now) for call in Call.objects.open(now).order_by("closes_at")]
    coming = Call.objects.published().filter(opens_at__gt=now).order_by("opens_at")
    next_call = None if calls else coming.first()
    shown = [item.call for item in calls] or [call for call in [next_call] if call]
    return Home(
        calls=calls,
        next_call=next_call,
        until=min((next_change(call, now) for call in shown), default=None),
        counts=outcome_counts(),
        reports=list(published_reports()[:NEWEST]),
    )


def first_page(actor: User) -> str:
    """Where a person goes after signing in: to their work for the city, to their company or draft."""
    if actor.is_staff:
        return reverse("admin:index")
    if reviews_something(actor):
        return reverse("admin:review-home")
    organizations = list(Organization.objects.filter(memberships__user=actor).order_by("name")[:2])
    if len(organizations) == 1:
        return organizations[0].get_absolute_url()
    draft = (
        Application.objects.filter(created_by=actor, state=ApplicationState.DRAFT)
        .order_by("-updated_at")
        .first()
    )
    if draft is not None and not organizations:
        return draft.get_absolute_url()
    return reverse("calls:application-list")


@dataclass(frozen=True)
class DemoMail:
    """A mail that the demo delivered into its folder."""

    to: str
    subject: str
    text: str
    date: datetime | None


def demo_mails(*, limit: int = 30) -> list[DemoMail]:
    """The newest mails in the folder of the file transport; none with another transport."""
    folder = settings.OUTBOX_TRANSPORT["options"].get("file_path")
    if not folder or not Path(folder).is_dir():
        return []
    files = sorted(Path(folder).iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    found: list[DemoMail] = []
    for file in files:
        found += reversed(list(_mails_of(file)))
        if len(found) >= limit:
            break
    return found[:limit]


def _mails_of(file: Path) -> Iterator[DemoMail]:
    """Mails of one file of Django's file backend, oldest first."""
    for part in file.read_bytes().split(b"-" * 79 + b"\n"):
        if part.strip():
            message: Any = email.message_from_bytes(part, policy=email.policy.default)
            date = str(message["Date"] or "")
            body = message.get_body(preferencelist=("plain",))
            yield DemoMail(
                to=str(message["To"]),
                subject=str(message["Subject"]),
                text=str(body.get_content()) if body else "",
                date=sent_at(date) if date else None,
            )
