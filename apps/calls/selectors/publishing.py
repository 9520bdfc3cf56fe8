"""What happens when decisions become final: which, with how many letters and mails, in which language."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.enums import DECIDED_STATES, ApplicationState, Outcome
from apps.calls.models import Application, Call, Decision, JointApplicant, ReviewPhase
from apps.calls.selectors.deciding import final_problem
from apps.calls.selectors.deliberation import Load, granted_load
from apps.calls.selectors.phases import sealed_until
from apps.core import clock
from apps.outbox.enums import MessageState
from apps.outbox.models import Message


@dataclass(frozen=True)
class Item:
    """A decision on the page; ``problem``: why it cannot be made final; ``mails``: languages of its mails."""

    decision: Decision
    problem: str
    mails: tuple[str, ...]

    @property
    def application(self) -> Application:
        return self.decision.application

    @property
    def key(self) -> str:
        """What the page's tick says: the application and the version that was shown."""
        return f"{self.decision.application_id}:{self.decision.version}"


@dataclass(frozen=True)
class Group:
    """The decisions with one outcome, and how many mails in each language they prepare."""

    outcome: Outcome
    items: list[Item]
    mails: list[tuple[str, int]]

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def letters(self) -> int:
        """A letter is addressed to an organization."""
        return sum(item.application.organization_id is not None for item in self.items)


@dataclass(frozen=True)
class Plan:
    """``ready``: by outcome; ``waiting``: decided, but something stands in the way; ``open``: how many
    applications nobody decided; ``warnings``: in words, none of them forbids; ``sealed``: nobody may read
    what reviewers wrote yet."""

    ready: list[Group]
    waiting: list[Item]
    open: int
    load: Load
    warnings: list[str]
    sealed: bool

    @property
    def count(self) -> int:
        return sum(group.count for group in self.ready)

    @property
    def mails(self) -> int:
        return sum(count for group in self.ready for _language, count in group.mails)


def plan_of(call: Call) -> Plan:
    """What making final would do now. Eight queries, however many decisions there are."""
    decisions = list(_decisions(call, ApplicationState.SUBMITTED, ApplicationState.RETURNED))
    languages = mail_languages([row.application for row in decisions])
    items = [
        Item(row, final_problem(row.application, row), languages[row.application_id]) for row in decisions
    ]
    ready = [item for item in items if not item.problem]
    groups = [_group(outcome, [i for i in ready if i.decision.outcome == outcome]) for outcome in Outcome]
    still_open = Application.objects.filter(call=call, state=ApplicationState.SUBMITTED).exclude(
        decision__outcome__in=Outcome.values
    )
    load = granted_load(call)
    return Plan(
        [group for group in groups if group.items],
        [item for item in items if item.problem],
        still_open.count(),
        load,
        _warnings(call, ready, load),
        sealed_until(call, clock.now()) is not None,
    )


def _decisions(call: Call, *states: str) -> Any:
    rows = Decision.objects.filter(application__call=call, application__state__in=states).exclude(outcome="")
    people = ("application__created_by", "decided_by", "signed_by")
    return rows.select_related("application", *people).order_by("application__code")


def _group(outcome: Outcome, items: list[Item]) -> Group:
    found = Counter(language for item in items for language in item.mails)
    names = dict(settings.LANGUAGES)
    return Group(outcome, items, [(str(names[code]), count) for code, count in sorted(found.items())])


def mail_languages(applications: Sequence[Application]) -> dict[uuid.UUID, tuple[str, ...]]:
    """The language of each mail that a decision on each application sends: as ``joint.recipients_of``.

    One query; whoever began them must be loaded.
    """
    found = {row.pk: [row.created_by.language] for row in applications}
    addresses = {row.pk: {(row.contact_email or row.created_by.email).lower()} for row in applications}
    partners = JointApplicant.objects.confirmed().filter(application__in=list(found)).select_related("user")
    for joint in partners.order_by("created_at"):
        pk = joint.application_id
        if joint.user and joint.user.email.lower() not in addresses[pk]:
            addresses[pk].add(joint.user.email.lower())
            found[pk].append(joint.user.language)
    return {pk: tuple(languages) for pk, languages in found.items()}


def _warnings(call: Call, ready: Sequence[Item], load: Load) -> list[str]:
    lines = load_warnings(load)
    waiting = Application.objects.filter(call=call, state=ApplicationState.WAITLISTED)
    mine = [item.decision.rank for item in ready if item.decision.outcome == Outcome.WAITLIST]
    taken = Counter([*mine, *waiting.values_list("waitlist_rank", flat=True)])
    for rank in sorted({rank for rank in mine if taken[rank] > 1 and rank is not None}):
        lines.append(
            _("Place %(rank)s on the waiting list is given twice. Change it first.") % {"rank": rank}
        )
    phase = ReviewPhase.objects.at(clock.now()).filter(call=call, may_score=True).first()
    if phase:
        lines.append(_("Reviewers may still score: the phase “%(name)s” goes on.") % {"name": phase.name})
    return lines


def load_warnings(load: Load) -> list[str]:
    """What is granted beyond what the network can bear, in words."""
    lines = []
    if load.over_devices:
        lines.append(
            ngettext(
                "%(granted)s device is granted; the network can bear %(most)s.",
                "%(granted)s devices are granted; the network can bear %(most)s.",
                load.devices,
            )
            % {"granted": f"{load.devices:,}", "most": f"{load.capacity_devices:,}"}
        )
    if load.over_messages:
        lines.append(
            ngettext(
                "%(granted)s message a day is granted; the network can bear %(most)s.",
                "%(granted)s messages a day are granted; the network can bear %(most)s.",
                load.messages,
            )
            % {"granted": f"{load.messages:,}", "most": f"{load.capacity_messages:,}"}
        )
    return lines


@dataclass(frozen=True)
class Signing:
    """``mine``: decided by the reader, who cannot sign them; ``others``: that the reader may sign."""

    others: list[Item]
    mine: list[Item]


def signing_of(call: Call, actor: Any) -> Signing:
    """The decisions that nobody signed. One query."""
    rows = _decisions(call, ApplicationState.SUBMITTED).filter(signed_by=None)
    items = [Item(row, "", ()) for row in rows]
    return Signing(
        [item for item in items if item.decision.decided_by_id != actor.pk],
        [item for item in items if item.decision.decided_by_id == actor.pk],
    )


def final_of(call: Call) -> list[Item]:
    """Final decisions that were not told: they can be taken back. One query."""
    rows = _decisions(call, *DECIDED_STATES).filter(
        published_at__isnull=False,
        application__decision_published_at=None,
        application__moved_up_at=None,
    )
    return [Item(row, "", ()) for row in rows]


def calls_to_decide() -> list[Call]:
    """Calls that have had applications, newest first. One query."""
    handed_in = Application.objects.exclude(state=ApplicationState.DRAFT).order_by().values("call")
    return list(Call.objects.filter(pk__in=handed_in).order_by("-fiscal_year", "-opens_at"))


def decision_numbers(calls: Sequence[Call]) -> Mapping[uuid.UUID, Mapping[str, int]]:
    """For a list of calls: how many applications are ``open``, ``unsigned``, ``ready``. One query."""
    found: dict[uuid.UUID, Counter[str]] = {call.pk: Counter() for call in calls}
    waiting = Application.objects.filter(call__in=calls, state=ApplicationState.SUBMITTED)
    rows: Any = waiting.values_list("call", "decision__outcome", "decision__signed_by")
    for call, outcome, signed in rows:
        kind = "open" if not outcome else "unsigned" if signed is None else "ready"
        found[call][kind] += 1
    return found


def held_count(batch: str) -> int:
    """How many mails of ``batch`` wait for their release. One query."""
    return Message.objects.filter(batch=batch, state=MessageState.HELD).count()
