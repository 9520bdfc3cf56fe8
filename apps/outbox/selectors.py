"""What staff see of the outbox: batches that wait, mails that failed, whether mail leaves at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.core.registry import WorkItem, mail_kind
from apps.outbox.enums import JobState, MessageState
from apps.outbox.models import Job, Message

#: A queued mail that is older has not left as it should.
LAG = timedelta(minutes=10)


@dataclass(frozen=True)
class Kind:
    """Mails of a batch that say the same in the same language; ``label`` is what staff call them."""

    label: str
    language: str
    messages: list[Message]

    @property
    def count(self) -> int:
        return len(self.messages)


@dataclass(frozen=True)
class Batch:
    """The held mails of a batch, by what they say."""

    name: str
    kinds: list[Kind]

    @property
    def messages(self) -> list[Message]:
        return [message for kind in self.kinds for message in kind.messages]

    @property
    def count(self) -> int:
        return sum(kind.count for kind in self.kinds)

    @property
    def digest(self) -> str:
        return digest_of(self.messages)


def digest_of(messages: Iterable[Message]) -> str:
    """What identifies these mails and their texts: SHA-256, in hex. A release is of what was shown."""
    rows = sorted((str(row.pk), row.to_email, row.subject, row.body, row.attachments) for row in messages)
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def held_batch(name: str) -> Batch:
    """The held mails of batch ``name``; an empty name holds none."""
    rows = Message.objects.filter(batch=name, state=MessageState.HELD)
    kinds: dict[tuple[str, str], list[Message]] = {}
    for row in rows.order_by("template", "-language", "to_email", "pk") if name else ():
        kinds.setdefault((row.template, row.language), []).append(row)
    return Batch(name, [_kind(*key, messages) for key, messages in kinds.items()])


def _kind(template: str, language: str, messages: list[Message]) -> Kind:
    languages = dict(settings.LANGUAGES)
    label = str(mail_kind(template) or messages[0].subject)
    return Kind(label, str(languages.get(language, language)), messages)


def held_batches() -> list[dict[str, Any]]:
    """``{batch, mails, since}`` of every batch with held mails, the oldest first."""
    rows = Message.objects.filter(state=MessageState.HELD).exclude(batch="")
    counted = rows.values("batch").annotate(mails=Count("pk"), since=Min("created_at")).order_by("since")
    return [dict(row) for row in counted]


def late(now: datetime | None = None) -> dict[str, Any]:
    """``mails`` that should have left by now, and the ``error`` the server gave last."""
    now = now or clock.now()
    rows = Message.objects.filter(state=MessageState.QUEUED).filter(
        Q(created_at__lt=now - LAG, updated_at__lt=now - LAG) | ~Q(last_error="")
    )
    told = rows.exclude(last_error="").order_by("-updated_at").values_list("last_error", flat=True)
    return {"mails": rows.count(), "error": told.first() or ""}


def check_lag() -> None:
    """Readiness: raises when a mail has been queued for more than ten minutes."""
    limit = clock.now() - LAG
    if Message.objects.filter(state=MessageState.QUEUED, created_at__lt=limit, updated_at__lt=limit).exists():
        raise TimeoutError("Mails have been waiting for more than 10 minutes.")
    if (
        Message.objects.filter(state=MessageState.QUEUED, created_at__lt=limit)
        .exclude(last_error="")
        .exists()
    ):
        raise TimeoutError("Mails cannot be sent.")


def work_items(user: Any) -> Iterator[WorkItem]:
    """What waits in the outbox for staff who may release mails."""
    if not user.has_perm("outbox.change_message"):
        return
    for row in held_batches():
        count = row["mails"]
        yield WorkItem(
            kind=_("Mails"),
            title=ngettext(
                "%(count)d mail is ready to be sent", "%(count)d mails are ready to be sent", count
            )
            % {"count": count},
            detail=_("Nothing leaves before you have looked and released them."),
            url=f"{reverse('admin:outbox_message_batch')}?{urlencode({'batch': row['batch']})}",
            action=_("Preview and release"),
            mail_count=count,
        )
    yield from _trouble()


def _trouble() -> Iterator[WorkItem]:
    messages = reverse("admin:outbox_message_changelist")
    stuck, failed = late(), Message.objects.filter(state=MessageState.FAILED).count()
    if stuck["mails"]:
        yield WorkItem(
            kind=_("Mails"),
            title=ngettext(
                "%(count)d mail is waiting for the mail server",
                "%(count)d mails are waiting for the mail server",
                stuck["mails"],
            )
            % {"count": stuck["mails"]},
            detail=stuck["error"] or _("The sender does not seem to run."),
            url=f"{messages}?state__exact=queued",
            action=_("See the mails"),
        )
    if failed:
        yield WorkItem(
            kind=_("Mails"),
            title=ngettext("%(count)d mail could not be sent", "%(count)d mails could not be sent", failed)
            % {"count": failed},
            detail=_("Check the address, then send again or discard."),
            url=f"{messages}?state__exact=failed",
            action=_("See the mails"),
        )
    jobs = Job.objects.filter(state=JobState.FAILED).count()
    if jobs:
        yield WorkItem(
            kind=_("Jobs"),
            title=ngettext("%(count)d job failed", "%(count)d jobs failed", jobs) % {"count": jobs},
            detail=_("See what went wrong, then run it again."),
            url=f"{reverse('admin:outbox_job_changelist')}?state__exact=failed",
            action=_("See the jobs"),
        )
