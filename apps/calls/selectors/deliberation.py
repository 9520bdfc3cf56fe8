"""All applications of a call side by side: what reviewers say, what is asked, what is decided.

The queries are the same however many applications there are. Drafts and withdrawn applications are not
deliberated. While a sealed phase runs nobody sees scores, staff neither.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.calls.enums import (
    ADOPTING,
    DECIDED_STATES,
    STAFF_WORDS,
    ApplicationState,
    ConflictKind,
    ConflictSource,
    Outcome,
)
from apps.calls.models import (
    Application,
    Call,
    CallCriterion,
    Decision,
    ReviewAssignment,
)
from apps.calls.rules.conflicts import Pair
from apps.calls.rules.deciding import granted_start, share
from apps.calls.rules.scoring import Aggregate, Scale, span_of
from apps.calls.rules.sensors import messages_a_day
from apps.calls.selectors.conflicts import Finding, conflicts_of_call
from apps.calls.selectors.deciding import final_problem, handed_in_since
from apps.calls.selectors.flags import annotated, flags_of, network_answer
from apps.calls.selectors.phases import sealed_until
from apps.calls.selectors.radio import radio
from apps.calls.selectors.reviews import ApplicationScores, scores_of_call
from apps.core import clock

#: Not deliberated.
GONE = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN)
#: Flags of the intake that matter to a decision.
_FLAGS = (
    "personal",
    "facility",
    "facility_no",
    "facility_undecided",
    "devices",
    "place",
    "joint",
    "double",
    "radio",
    "conformity",
)
_SHOWN = (
    "code",
    "call",
    "state",
    "title",
    "org_name",
    "themes",
    "sensors",
    "device_count",
    "revision",
    "submitted_at",
    "decision_published_at",
    "decided_at",
    "granted_devices",
    "granted_messages",
    "conditions",
    "waitlist_rank",
    "moved_up_at",
)
#: The decision may still change.
_QUIET = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)
_WAS = {
    ApplicationState.ADOPTED: Outcome.ADOPT,
    ApplicationState.ACCEPTED: Outcome.ADOPT,
    ApplicationState.TURNED_DOWN: Outcome.ADOPT,
    ApplicationState.WAITLISTED: Outcome.WAITLIST,
    ApplicationState.DECLINED: Outcome.DECLINE,
}
#: Nothing is decided, for filters and counts.
OPEN = "open"


@dataclass(frozen=True)
class Note:
    """Something to know of an application before deciding; ``tone`` as of a tag."""

    label: str
    tone: str = "attention"


@dataclass(frozen=True)
class Row:
    """One application. ``totals``: of the reviews that count; ``asked``: reviewers who are to review it;
    ``outcome``: empty while open; ``version``: of its decision (0: none); ``problem``: why the decision
    cannot be made final, in words; ``final``: made final; ``told``: its mail was released; ``moved``: up
    from the waiting list."""

    pk: uuid.UUID
    code: str
    title: str
    company: str
    state: str
    themes: tuple[str, ...]
    devices: int | None
    messages: int | None
    notes: tuple[Note, ...]
    totals: tuple[float, ...]
    asked: int
    scores: Aggregate
    outcome: str
    outcome_word: str
    decided_by: str
    signed_by: str
    version: int
    final: bool
    told: bool
    problem: str
    granted_devices: int | None
    granted_messages: int | None
    rank: int | None
    moved: bool

    @property
    def decidable(self) -> bool:
        return self.state == ApplicationState.SUBMITTED

    @property
    def word(self) -> str:
        """The state, where it is not simply under review."""
        return "" if self.decidable else str(STAFF_WORDS[self.state])

    @property
    def adopting(self) -> bool:
        """It is adopted, or would be: counts against what the network can bear."""
        if self.state == ApplicationState.TURNED_DOWN:
            return False
        return self.outcome in ADOPTING

    @property
    def spread(self) -> float | None:
        return self.scores.spread


@dataclass(frozen=True)
class Board:
    """``span``: the scale of the totals; ``sealed_until``: scores are hidden until then."""

    rows: list[Row]
    span: tuple[int, int]
    sealed_until: datetime | None


def applications_of(call: Call) -> Any:
    """The applications that are deliberated, by number."""
    return Application.objects.filter(call=call).exclude(state__in=GONE).order_by("code")


def board_of(call: Call, *, now: datetime | None = None) -> Board:
    """Every row of the deliberation, by number. The same queries for 1 and for 300."""
    now = now or clock.now()
    sealed = sealed_until(call, now)
    conflicts = conflicts_of_call(call, today=clock.local_date(now))
    scores = {} if sealed else scores_of_call(call, comments=False, forbidden=hard_of(conflicts))
    scales = [
        Scale(*row)
        for row in CallCriterion.objects.filter(call=call).values_list("scale_min", "scale_max", "weight")
    ]
    found = annotated(applications_of(call), actor=None, now=now).only(*_SHOWN)
    decisions = decisions_of(call)
    asked = Counter(
        ReviewAssignment.objects.present()
        .filter(application__call=call)
        .values_list("application", flat=True)
    )
    connections = _connections(conflicts)
    settings = radio()
    rows = []
    for application in found:
        # One object of the call for all: no query for each.
        application.call = call
        answer = network_answer(application, settings)
        flags = [
            Note(str(flag.label), flag.tone) for flag in flags_of(application, answer) if flag.code in _FLAGS
        ]
        given = scores.get(application.pk, ApplicationScores())
        notes = [*_review_notes(application, given, connections), *flags]
        rows.append(_row(application, decisions.get(application.pk), given, asked[application.pk], notes))
    return Board(rows, span_of(scales), sealed)


def decisions_of(call: Call) -> dict[uuid.UUID, Decision]:
    """The decisions of ``call`` by application, with the people. One query."""
    rows = Decision.objects.filter(application__call=call).select_related("decided_by", "signed_by")
    return {row.application_id: row for row in rows}


def hard_of(conflicts: Mapping[Pair, Finding]) -> set[Pair]:
    """Those whose scores do not count."""
    return {pair for pair, finding in conflicts.items() if finding.is_hard}


def _connections(conflicts: Mapping[Pair, Finding]) -> dict[uuid.UUID, Counter[tuple[str, str]]]:
    """Conflicts of interest by application: {(kind, source): how many}."""
    found: dict[uuid.UUID, Counter[tuple[str, str]]] = {}
    for (_reviewer, pk), finding in conflicts.items():
        found.setdefault(pk, Counter())[finding.kind, finding.source] += 1
    return found


def _review_notes(
    application: Application,
    given: ApplicationScores,
    connections: Mapping[uuid.UUID, Counter[tuple[str, str]]],
) -> list[Note]:
    """What the review itself says: who stepped back, connections, scores of an older revision."""
    here = connections.get(application.pk, Counter())
    notes = []
    recused = (
        here[ConflictKind.HARD, ConflictSource.RECUSED] + here[ConflictKind.HARD, ConflictSource.DECLARED]
    )
    if recused:
        text = ngettext("%(count)d reviewer recused", "%(count)d reviewers recused", recused)
        notes.append(Note(text % {"count": recused}, "plain"))
    if given.set_aside:
        count = len(given.set_aside)
        text = ngettext("%(count)d score set aside", "%(count)d scores set aside", count)
        notes.append(Note(text % {"count": count}, "plain"))
    soft = sum(count for (kind, _source), count in here.items() if kind == ConflictKind.SOFT)
    if soft:
        text = ngettext("%(count)d reviewer knows it", "%(count)d reviewers know it", soft)
        notes.append(Note(text % {"count": soft}, "plain"))
    older = sum(read.revision < application.revision for read in given.reviews)
    if older:
        text = ngettext(
            "changed since %(count)d reviewer scored", "changed since %(count)d reviewers scored", older
        )
        notes.append(Note(text % {"count": older}))
    return notes


def _row(
    application: Application,
    decision: Decision | None,
    given: ApplicationScores,
    asked: int,
    notes: list[Note],
) -> Row:
    outcome = _outcome(application, decision)
    grants = decision if decision and application.state in _QUIET else application
    return Row(
        pk=application.pk,
        code=application.code,
        title=application.title or application.code,
        company=application.org_name,
        state=application.state,
        themes=tuple(application.themes),
        devices=application.device_count,
        messages=messages_a_day(application.sensors),
        notes=(*notes, *_decision_notes(application, decision)),
        totals=tuple(read.total for read in given.reviews if read.total is not None),
        asked=asked,
        scores=given.aggregate,
        outcome=outcome,
        outcome_word=outcome_word(application.state, outcome),
        decided_by=str(decision.decided_by) if decision and outcome else "",
        signed_by=str(decision.signed_by) if decision and decision.signed_by else "",
        version=decision.version if decision else 0,
        final=application.state in DECIDED_STATES or application.decided_at is not None,
        told=application.decision_is_told,
        problem=final_problem(application, decision),
        granted_devices=grants.granted_devices,
        granted_messages=grants.granted_messages,
        rank=application.waitlist_rank or (decision.rank if decision else None),
        moved=application.moved_up_at is not None,
    )


def _decision_notes(application: Application, decision: Decision | None) -> list[Note]:
    """What became of the application after it was decided."""
    quiet = decision if application.state == ApplicationState.SUBMITTED else None
    if quiet and quiet.outcome and handed_in_since(application, quiet):
        return [Note(_("handed in again after it was decided"), "error")]
    if application.moved_up_at is not None:
        return [Note(_("moved up from the waiting list"), "plain")]
    return []


def _outcome(application: Application, decision: Decision | None) -> str:
    """Of an application under review what was decided quietly; of others what they became, also when
    that happened later (the waiting list moved) or before there were quiet decisions."""
    became = _WAS.get(ApplicationState(application.state))
    if became is None:
        return decision.outcome if decision else ""
    return Outcome.CONDITIONS if became == Outcome.ADOPT and application.conditions else became


def outcome_word(state: str, outcome: str) -> str:
    """The decision in words; of an application that was decided before there were decisions, its state."""
    if outcome:
        return str(Outcome(outcome).label)
    if state in (ApplicationState.SUBMITTED, ApplicationState.RETURNED):
        return pgettext("decision", "open")
    return str(STAFF_WORDS[state])


@dataclass(frozen=True)
class Load:
    """What is granted against what the network can bear (None: not stated), devices and messages a day."""

    devices: int
    messages: int
    capacity_devices: int | None
    capacity_messages: int | None

    @property
    def over_devices(self) -> bool:
        return self.capacity_devices is not None and self.devices > self.capacity_devices

    @property
    def over_messages(self) -> bool:
        return self.capacity_messages is not None and self.messages > self.capacity_messages

    @property
    def over(self) -> bool:
        return self.over_devices or self.over_messages

    @property
    def devices_share(self) -> int | None:
        return share(self.devices, self.capacity_devices)

    @property
    def messages_share(self) -> int | None:
        return share(self.messages, self.capacity_messages)


def load_of(call: Call, rows: Iterable[Row]) -> Load:
    """What the adoptions of ``rows`` take of the network."""
    adopted = [row for row in rows if row.adopting]
    return Load(
        sum(row.granted_devices or 0 for row in adopted),
        sum(row.granted_messages or 0 for row in adopted),
        call.capacity_devices,
        call.capacity_messages,
    )


def granted_load(call: Call) -> Load:
    """The same from the applications and their quiet decisions alone. One query."""
    rows = applications_of(call).exclude(state=ApplicationState.TURNED_DOWN).order_by()
    quiet = rows.filter(state__in=_QUIET, decision__outcome__in=ADOPTING)
    final = rows.filter(state__in=(ApplicationState.ADOPTED, ApplicationState.ACCEPTED))
    names = ("granted_devices", "granted_messages")
    pairs = quiet.values_list(*[f"decision__{name}" for name in names]).union(
        final.values_list(*names), all=True
    )
    found = list(pairs)
    return Load(
        sum(devices or 0 for devices, _messages in found),
        sum(messages or 0 for _devices, messages in found),
        call.capacity_devices,
        call.capacity_messages,
    )


def next_rank(call: Call) -> int:
    """The place after the last on the waiting list. One query."""
    ranks = Decision.objects.filter(application__call=call, outcome=Outcome.WAITLIST).values_list(
        "rank", flat=True
    )
    return max((rank for rank in ranks if rank), default=0) + 1


def asked_of(application: Application) -> tuple[int, int]:
    """(devices, messages a day) that a decision grants when nobody types others."""
    return granted_start(
        devices=application.device_count,
        sensors=application.sensors,
        device_quota=application.call.device_quota,
        message_quota=application.call.message_quota,
    )


def outcome_counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many of ``rows`` have each outcome; ``OPEN`` for those without."""
    return Counter(row.outcome or (OPEN if row.decidable else row.state) for row in rows)
