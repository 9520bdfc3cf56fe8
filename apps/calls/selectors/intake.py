"""What staff read of an application beside its answers: revisions, consultations, history, mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.audit.models import AuditEntry
from apps.calls import rules
from apps.calls.enums import ApplicationState
from apps.calls.models import (
    Application,
    ApplicationRevision,
    Call,
    Consultation,
    OutreachVisit,
    ReadMark,
    StaffNote,
)
from apps.calls.selectors.answers import LABELS, answer_words, extra_words
from apps.core import clock
from apps.outbox.models import Message

#: Entries of each log on the page; the rest is in the lists of their own.
MOST = 50
_MAILS = ("draft", "receipt", "returned", "decision-adopted", "decision-declined")
_ACTS: Mapping[str, str | Promise] = {
    "application.start": pgettext_lazy("record", "began the draft"),
    "application.submit": pgettext_lazy("record", "handed in"),
    "application.correct": pgettext_lazy("record", "corrected"),
    "application.withdraw": pgettext_lazy("record", "withdrew"),
    "application.reopen": pgettext_lazy("record", "opened again as a draft"),
    "application.return": pgettext_lazy("record", "sent back for correction"),
    "application.adopt": pgettext_lazy("record", "decided: adopt"),
    "application.decline": pgettext_lazy("record", "decided: do not adopt"),
    "application.waitlist": pgettext_lazy("record", "decided: waiting list"),
    "application.decide": pgettext_lazy("record", "wrote a quiet decision"),
    "application.sign": pgettext_lazy("record", "signed the decision"),
    "application.decision_back": pgettext_lazy("record", "took the decision back"),
    "application.move_up": pgettext_lazy("record", "moved up from the waiting list"),
    "application.decision_told": pgettext_lazy("record", "told the decision"),
    "application.accept": pgettext_lazy("record", "accepted the trial"),
    "application.turn_down": pgettext_lazy("record", "turned the trial down"),
    "application.note": pgettext_lazy("record", "wrote a note"),
    "application.read": pgettext_lazy("record", "marked as read"),
}
_TAKEN_BACK = pgettext_lazy("record", "took back as it was last handed in")


@dataclass(frozen=True)
class Change:
    """One answer before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class RevisionRow:
    """A time it was handed in, with what changed since the time before."""

    revision: ApplicationRevision
    changes: list[Change]


def revision_rows(application: Application) -> list[RevisionRow]:
    """The revisions, newest first. One query."""
    found = list(application.revisions.select_related("handed_in_by").order_by("number"))
    rows: list[RevisionRow] = []
    earlier: ApplicationRevision | None = None
    for revision in found:
        changes: list[Change] = (
            [] if earlier is None else _changes(application.call, earlier.answers, revision.answers)
        )
        rows.append(RevisionRow(revision, changes))
        earlier = revision
    return rows[::-1]


def _changes(call: Call, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    changes = []
    for name in rules.FIELDS:
        if before.get(name) == after.get(name):
            continue
        if name == "extra_answers":
            changes += _extra_changes(call, before.get(name) or {}, after.get(name) or {})
        elif name in LABELS:
            old, new = answer_words(call, name, before), answer_words(call, name, after)
            changes.append(Change(str(LABELS[name]), old, new))
    if (before.get("attachments") or []) != (after.get("attachments") or []):
        changes.append(Change(_("Files"), _file_names(before), _file_names(after)))
    old, new = _partner_names(before), _partner_names(after)
    if "joint" in before and old != new:
        changes.append(Change(_("Joint applicants"), old, new))
    return changes


def _file_names(answers: Mapping[str, Any]) -> str:
    return "\n".join(str(row.get("name", "")) for row in answers.get("attachments") or [])


def _partner_names(answers: Mapping[str, Any]) -> str:
    return "\n".join(str(row.get("name", "")) for row in answers.get("joint") or [])


def _extra_changes(call: Call, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    labels = {str(row.pk): row.label for row in call.extra_questions.all()}
    return [
        Change(
            labels.get(key, key),
            extra_words(call, key, before.get(key)),
            extra_words(call, key, after.get(key)),
        )
        for key in sorted(
            {*before, *after}, key=lambda key: list(labels).index(key) if key in labels else 999
        )
        if before.get(key) != after.get(key)
    ]


@dataclass(frozen=True)
class HistoryRow:
    """One entry of the record in words."""

    at: datetime
    who: str
    word: str | Promise


def history_rows(application: Application) -> list[HistoryRow]:
    """Who did what, newest first; saving a draft is left out. One query."""
    rows = AuditEntry.objects.filter(object_type="calls.application", object_id=str(application.pk))
    rows = rows.exclude(action__in=("application.save", "application.settle")).order_by("-at")[:MOST]
    return [
        HistoryRow(
            row.at,
            row.actor_label,
            _TAKEN_BACK if row.data.get("taken_back") else _ACTS.get(row.action, row.action),
        )
        for row in rows
    ]


def mails_of(application: Application) -> list[Message]:
    """The mails about the application, newest first, without their texts. One query."""
    keys = Q()
    for template in _MAILS:
        keys |= Q(dedupe_key__startswith=f"calls-{template}:{application.pk}:")
    rows = Message.objects.filter(keys).defer("body").order_by("-created_at")[:MOST]
    return list(rows)


def consultations_of(application: Application) -> list[Consultation]:
    """Talks with the same organization, newest first. One query."""
    mine = Q(application=application)
    if application.organization_id:
        mine |= Q(organization=application.organization_id)
    if application.contact_email:
        mine |= Q(email__iexact=application.contact_email)
    return list(Consultation.objects.filter(mine).order_by("-created_at")[:MOST])


def visits_of(application: Application) -> list[OutreachVisit]:
    """Visits to the same organization, newest first. One query at most."""
    if application.organization_id is None:
        return []
    rows = OutreachVisit.objects.filter(organization=application.organization_id)
    return list(rows.select_related("staff").order_by("-visited_on")[:MOST])


def doubles_of(application: Application) -> list[Application]:
    """Other applications of the same call with the same corporate number or title. One query."""
    same = Q()
    for name in ("corporate_number", "title"):
        if getattr(application, name):
            same |= Q(**{name: getattr(application, name)})
    if not same:
        return []
    rows = Application.objects.exclude(state__in=(ApplicationState.DRAFT, ApplicationState.WITHDRAWN))
    rows = rows.filter(same, call=application.call_id).exclude(pk=application.pk)
    return list(rows.only("pk", "code", "title", "org_name").order_by("code")[:MOST])


@dataclass(frozen=True)
class ReadState:
    """``mine``: the revision I read (0: none); ``others``: marks of other staff."""

    mine: int
    others: list[ReadMark]


def read_state(application: Application, actor: Any) -> ReadState:
    """Who has read it. One query."""
    marks = list(application.read_marks.select_related("user").order_by("read_at"))
    mine = next((mark.revision for mark in marks if mark.user_id == actor.pk), 0)
    return ReadState(mine, [mark for mark in marks if mark.user_id != actor.pk])


def notes_of(application: Application) -> list[StaffNote]:
    """The city's notes, newest first. One query."""
    return list(application.staff_notes.select_related("author").order_by("-created_at"))


def is_overdue(application: Application, now: datetime | None = None) -> bool:
    """It was sent back and the time for the correction has passed."""
    until = application.return_until
    return (
        application.state == ApplicationState.RETURNED
        and until is not None
        and (until <= (now or clock.now()))
    )
