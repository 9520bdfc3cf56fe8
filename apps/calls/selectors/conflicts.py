"""Conflicts of interest of a call: what stands in the record, and what is found now.

Nothing but ``conflicts_of_call`` decides who may read, and whose score counts: a reviewer who changes
employer is found at the next look, without anybody writing it down.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Lower

from apps.accounts.models import User
from apps.calls.enums import ApplicationState, ConflictGround, ConflictKind, ConflictSource, JointState
from apps.calls.models import (
    Application,
    Call,
    JointApplicant,
    ReviewConflict,
    Reviewer,
    ReviewerTie,
)
from apps.calls.rules import conflicts as rules
from apps.calls.rules.conflicts import Pair
from apps.core import clock
from apps.organizations.models import Membership, OrganizationDomain
from apps.organizations.rules import domain_of, is_public

#: The domain of a member's address.
_DOMAIN = Lower(Func(F("user__email"), Value("@"), Value(2), function="split_part", output_field=TextField()))


@dataclass(frozen=True)
class Finding:
    """A conflict of one reviewer with one application. ``stored``: its row, None when only found now."""

    kind: ConflictKind
    source: ConflictSource
    ground: ConflictGround
    stored: ReviewConflict | None = None

    @property
    def is_hard(self) -> bool:
        return self.kind == ConflictKind.HARD


def conflicts_of_call(call: Call, *, today: date | None = None) -> dict[Pair, Finding]:
    """Every conflict of ``call`` that stands, by ``(reviewer, application)``, lifted ones left out.

    Of those stored and those found now the stronger. Nine queries, however many rows there are.
    """
    standing, lifts = _stored(call)
    people = _people(call)
    found = rules.find(people, _sides(call), today or clock.local_date(), lifts) if people else {}
    answer = {
        pair: Finding(ConflictKind(row.kind), ConflictSource(row.source), ConflictGround(row.ground), row)
        for pair, row in standing.items()
    }
    for pair, match in found.items():
        held = answer.get(pair)
        if held is None or (match.kind == ConflictKind.HARD and not held.is_hard):
            answer[pair] = Finding(match.kind, ConflictSource.FOUND, match.ground)
    return answer


def forbidden_of_call(call: Call) -> set[Pair]:
    """Who may not review what, by a hard conflict."""
    return {pair for pair, finding in conflicts_of_call(call).items() if finding.is_hard}


def _stored(call: Call) -> tuple[dict[Pair, ReviewConflict], dict[Pair, list[rules.Lift]]]:
    standing: dict[Pair, ReviewConflict] = {}
    lifts: dict[Pair, list[rules.Lift]] = defaultdict(list)
    for row in ReviewConflict.objects.filter(application__call=call):
        pair = row.reviewer_id, row.application_id
        if row.lifted_at is None:
            standing[pair] = row
        elif row.source == ConflictSource.FOUND and row.lifted_by_id is not None:
            lifts[pair].append(rules.Lift(row.ground, row.lifted_at))
    return standing, lifts


def _people(call: Call) -> list[rules.Person]:
    """The reviewers of ``call``, with what they belong to. Four queries."""
    rows = list(Reviewer.objects.present().filter(call=call).select_related("user"))
    users = {row.user_id for row in rows if row.user_id}
    addresses: dict[uuid.UUID, set[str]] = defaultdict(set)
    for user, email in User.objects.filter(pk__in=users).values_list("pk", "emailaddress__email"):
        addresses[user].add(email or "")
    belongings: dict[uuid.UUID, list[rules.Belonging]] = defaultdict(list)
    for member in Membership.objects.filter(user__in=users).select_related("organization"):
        own = member.organization
        belongings[member.user_id].append(
            rules.Belonging(own.pk, own.corporate_number, own.name, member.created_at)
        )
    ties: dict[uuid.UUID, list[rules.Tie]] = defaultdict(list)
    for tie in ReviewerTie.objects.filter(reviewer__in=rows):
        ties[tie.reviewer_id].append(_tie(tie))
    return [
        rules.Person(
            row.pk,
            row.user_id,
            domains=_domains([row.email, row.user.email if row.user else "", *addresses[row.user_id]])
            if row.user_id
            else _domains([row.email]),
            names=rules.affiliations(row.affiliation),
            belongings=tuple(belongings[row.user_id]) if row.user_id else (),
            ties=tuple(ties[row.pk]),
        )
        for row in rows
    ]


def _tie(row: ReviewerTie) -> rules.Tie:
    return rules.Tie(
        row.kind,
        row.organization_name,
        row.corporate_number,
        row.domain,
        row.organization_id,
        row.until,
        row.created_at,
    )


def _domains(addresses: Iterable[str]) -> frozenset[str]:
    return frozenset(domain for email in addresses if (domain := domain_of(email)) and not is_public(domain))


@dataclass
class _Gathered:
    """What one application is known by, while it is being put together."""

    users: set[uuid.UUID]
    organizations: set[uuid.UUID]
    numbers: set[str]
    names: set[str]
    addresses: set[str]


def _sides(call: Call) -> list[rules.Side]:
    """Who applies, by application; drafts and what was withdrawn are left out. Four queries."""
    gathered = _leads(call)
    _add_partners(call, gathered)
    domains = _domains_of_organizations(call)
    return [
        rules.Side(
            pk,
            frozenset(row.users),
            frozenset(row.organizations),
            frozenset(row.numbers),
            frozenset(row.names),
            _domains(row.addresses).union(*(domains[own] for own in row.organizations)),
        )
        for pk, row in gathered.items()
    ]


def _domains_of_organizations(call: Call) -> dict[uuid.UUID, set[str]]:
    """What staff marked and where the people have their mail, by organization of an applicant."""
    leads = Application.objects.filter(call=call).values("organization")
    partners = JointApplicant.objects.filter(application__call=call).values("organization")
    theirs = Q(organization__in=leads) | Q(organization__in=partners)
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for pk, domain in OrganizationDomain.objects.filter(theirs).values_list("organization_id", "domain"):
        found[pk].add(domain.lower())
    members = Membership.objects.filter(theirs).annotate(at=_DOMAIN).order_by()
    for pk, domain in members.values_list("organization_id", "at").distinct():
        if not is_public(domain):
            found[pk].add(domain)
    return found


def _leads(call: Call) -> dict[uuid.UUID, _Gathered]:
    rows = Application.objects.filter(call=call).exclude(
        state__in=(ApplicationState.DRAFT, ApplicationState.WITHDRAWN)
    )
    values: Iterable[Any] = rows.values_list(
        "pk",
        "created_by_id",
        "organization_id",
        "corporate_number",
        "org_name",
        "contact_email",
        "created_by__email",
        "organization__corporate_number",
        "organization__name",
    )
    return {
        pk: _Gathered(
            {user},
            {own} if own else set(),
            {number, kept_number or ""},
            {name, kept_name or ""},
            {contact, email},
        )
        for pk, user, own, number, name, contact, email, kept_number, kept_name in values
    }


def _add_partners(call: Call, gathered: dict[uuid.UUID, _Gathered]) -> None:
    """Partners count from the moment they are named: only who declined does not."""
    rows = JointApplicant.objects.present().filter(application__call=call)
    values: Iterable[Any] = rows.exclude(state=JointState.DECLINED).values_list(
        "application_id",
        "user_id",
        "organization_id",
        "org_name",
        "email",
        "user__email",
        "organization__corporate_number",
        "organization__name",
    )
    for pk, user, own, name, email, other, number, kept_name in values:
        if pk in gathered:
            row = gathered[pk]
            row.users |= {user} if user else set()
            row.organizations |= {own} if own else set()
            row.numbers.add(number or "")
            row.names |= {name, kept_name or ""}
            row.addresses |= {email, other or ""}
