"""The panel of a call: inviting reviewers, their answer, their ties, their end.

Every write takes the lock of the call's panel first, so that two members of staff and the invited
person come one after the other. A link's secret is kept only as a hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.domain import reviewer_mark
from apps.audit.domain import record
from apps.calls.domain.panel_mails import answered_mail, invitation_mail, removed_mail
from apps.calls.enums import ReviewerState as S
from apps.calls.models import Call, Reviewer
from apps.calls.permissions import may_decide
from apps.calls.rules.people import Invitee
from apps.calls.selectors.panel import reviewer_link_of
from apps.calls.selectors.panel_staff import SENDS, PlanRow, access_reviewer, plan_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.rates import rate_hit
from apps.core.text import clean_line
from apps.core.tokens import new_token

if TYPE_CHECKING:
    from apps.accounts.models import User

LIFETIME = timedelta(days=30)
#: Invitations in a day from one member of staff.
FROM_ONE, DAY = 300, 86_400

#: (from, to) → name in the record. Removing ends a part in any state; it is no state of its own.
REVIEWER_STEPS = {
    (S.INVITED, S.INVITED): "reviewer.resend",
    (S.DECLINED, S.INVITED): "reviewer.resend",
    (S.LEFT, S.INVITED): "reviewer.resend",
    (S.INVITED, S.ACCEPTED): "reviewer.accept",
    (S.INVITED, S.DECLINED): "reviewer.decline",
    (S.ACCEPTED, S.LEFT): "reviewer.leave",
}


@dataclass(frozen=True)
class About:
    """What staff say of those they invite together. ``themes``: codes, none for all."""

    affiliation: str = ""
    language: str = "ja"
    themes: Sequence[str] = ()
    load_limit: int | None = None


def panel_lock(call: Call) -> Call:
    """The call as it is now, its panel locked; applications to it may be written meanwhile."""
    return Call.objects.select_for_update(no_key=True).get(pk=call.pk)


def _staff_only(actor: Any) -> None:
    if not may_decide(actor):
        raise NotAllowed(_("Only the city may do this."))


def reviewer_state_set(*, reviewer: Reviewer, target: S, actor: Any, changes: Mapping[str, Any]) -> None:
    """Write a reviewer's state and record it; the panel must be locked. Raises ``Conflict``."""
    source = S(reviewer.state)
    action = REVIEWER_STEPS.get((source, target))
    if action is None:
        raise Conflict(_("This invitation was answered already."), code="state")
    values = {**changes, "state": target}
    for name, value in values.items():
        setattr(reviewer, name, value)
    reviewer.full_clean()
    reviewer.save(update_fields=[*values, "updated_at"])
    data = {"call": reviewer.call.code, "from": source.value, "to": target.value}
    record(action=action, actor=actor, target=reviewer, data=data)


@transaction.atomic
def reviewers_invite(
    *, call: Call, actor: User, people: Sequence[Invitee], about: About, now: datetime | None = None
) -> list[PlanRow]:
    """Invite ``people`` by one mail each, in ``about.language``; who was invited before gets a new link.

    Returns what was done for each. Nobody gets a second mail within two minutes. Raises ``NotAllowed``
    for others than staff, ``InvalidInput`` (and sends nothing) while a line cannot be invited.
    """
    now = now or clock.now()
    _staff_only(actor)
    call = panel_lock(call)
    plan = plan_of(call, people, now)
    if faults := [row.words for row in plan if row.refused]:
        raise InvalidInput(_("Nobody was invited."), fields={"people": faults})
    for row in plan:
        if row.outcome in SENDS:
            _allow_mail(actor)
            _invite(call, actor, row, about, now)
    return plan


def _allow_mail(actor: User) -> None:
    if not rate_hit(name="reviewers", who=str(actor.pk), limit=FROM_ONE, seconds=DAY):
        raise Conflict(
            _("Too many invitations were sent today. Please try again tomorrow."), code="rate_limited"
        )


def _invite(call: Call, actor: User, row: PlanRow, about: About, now: datetime) -> None:
    if row.reviewer is not None:
        row.reviewer.call = call
        _send_anew(row.reviewer, actor, now)
        return
    token, hashed = new_token()
    reviewer = Reviewer(
        call=call,
        name=row.person.name,
        email=row.person.email,
        affiliation=row.person.affiliation or clean_line(about.affiliation),
        language=about.language,
        themes=list(about.themes),
        load_limit=about.load_limit,
        token_hash=hashed,
        invited_by=actor,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    reviewer.full_clean()
    reviewer.save()
    record(action="reviewer.invite", actor=actor, target=reviewer, data={"call": call.code})
    invitation_mail(reviewer, token)


def _send_anew(reviewer: Reviewer, actor: User, now: datetime) -> None:
    """A new link; the earlier one stops working, and an earlier answer no longer counts."""
    token, hashed = new_token()
    changes = {
        "token_hash": hashed,
        "invited_by": actor,
        "sent_at": now,
        "expires_at": now + LIFETIME,
        "answered_at": None,
        "user": None,
    }
    reviewer_state_set(reviewer=reviewer, target=S.INVITED, actor=actor, changes=changes)
    invitation_mail(reviewer, token)


def _locked(reviewer: Reviewer) -> Reviewer:
    call = panel_lock(reviewer.call)
    row = access_reviewer(call=call, pk=reviewer.pk)
    row.call = call
    return row


@transaction.atomic
def reviewer_resend(*, reviewer: Reviewer, actor: User, now: datetime | None = None) -> Reviewer:
    """Mail a new link to who has not accepted. Raises ``Conflict`` when one left a moment ago."""
    now = now or clock.now()
    _staff_only(actor)
    row = _locked(reviewer)
    person = Invitee(row.name, row.email, row.affiliation)
    planned = plan_of(row.call, [person], now)[0]
    if planned.outcome not in SENDS:
        raise Conflict(planned.words, code="state")
    _allow_mail(actor)
    _send_anew(row, actor, now)
    return row


@transaction.atomic
def reviewer_change(
    *, reviewer: Reviewer, actor: User, name: str, about: About, now: datetime | None = None
) -> Reviewer:
    """Correct what staff say of a reviewer; raises ``ValidationError``."""
    _staff_only(actor)
    row = _locked(reviewer)
    row.name, row.affiliation = clean_line(name), clean_line(about.affiliation)
    row.language, row.themes, row.load_limit = about.language, list(about.themes), about.load_limit
    row.full_clean()
    row.save(update_fields=["name", "affiliation", "language", "themes", "load_limit", "updated_at"])
    record(action="reviewer.change", actor=actor, target=row, data={"call": row.call.code})
    return row


@transaction.atomic
def reviewer_remove(*, reviewer: Reviewer, actor: User, now: datetime | None = None) -> None:
    """End a reviewer's part at once: no access, no link, no score that counts. Who accepted is told."""
    _staff_only(actor)
    row = _locked(reviewer)
    row.removed_at = now or clock.now()
    row.save(update_fields=["removed_at", "updated_at"])
    record(
        action="reviewer.remove", actor=actor, target=row, data={"call": row.call.code, "state": row.state}
    )
    if row.state == S.ACCEPTED:
        removed_mail(row)
    _mark(row.user, actor)


def _mark(user: User | None, actor: Any) -> None:
    """The account's sign follows from what it reviews."""
    if user is not None:
        reviewing = Reviewer.objects.active().filter(user=user).exists()
        reviewer_mark(user=user, actor=actor, reviewing=reviewing)


@transaction.atomic
def reviewer_accept(*, token: str, actor: User, now: datetime | None = None) -> Reviewer:
    """Accept by the link, as the account of the invited address. Accepting twice accepts once.

    Raises ``NotFound`` for a link that is not valid, ``NotAllowed`` for a staff account and for an
    account of another address: who reviews is a person the city chose.
    """
    now = now or clock.now()
    found = reviewer_link_of(token=token, actor=actor, now=now)
    call = panel_lock(found.call)
    row = reviewer_link_of(token=token, actor=actor, now=now)
    if row.state == S.ACCEPTED:
        return row
    row.call = call
    _may_accept(row, actor)
    changes = {"user": actor, "answered_at": now, "ties_stated_at": None}
    reviewer_state_set(reviewer=row, target=S.ACCEPTED, actor=actor, changes=changes)
    _mark(actor, actor)
    answered_mail(row)
    return row


def _may_accept(reviewer: Reviewer, actor: User) -> None:
    if actor.is_staff:
        raise NotAllowed(
            _("City staff do not review. Please sign in with an account that is not of the city’s staff."),
            code="staff",
        )
    own = {actor.email.lower(), *_proven(actor)}
    if reviewer.email not in own:
        raise NotAllowed(
            _("This invitation was sent to another e-mail address. Please sign in with %(email)s.")
            % {"email": reviewer.email},
            code="other_address",
        )
    if Reviewer.objects.present().filter(call=reviewer.call, user=actor).exclude(pk=reviewer.pk).exists():
        raise Conflict(_("You review this call already."), code="twice")


def _proven(user: User) -> set[str]:
    """The further addresses of the account that a code has proven."""
    rows: Any = getattr(user, "emailaddress_set")  # noqa: B009 -- allauth's, unknown to the types
    return {email.lower() for email in rows.filter(verified=True).values_list("email", flat=True)}


@transaction.atomic
def reviewer_decline(*, token: str, actor: Any = None, now: datetime | None = None) -> Reviewer:
    """Say no by the link; no account is needed. Whoever invited is told."""
    now = now or clock.now()
    found = reviewer_link_of(token=token, now=now)
    call = panel_lock(found.call)
    row = reviewer_link_of(token=token, now=now)
    row.call = call
    reviewer_state_set(reviewer=row, target=S.DECLINED, actor=actor, changes={"answered_at": now})
    answered_mail(row)
    return row


@transaction.atomic
def reviewer_leave(*, reviewer: Reviewer, actor: User, now: datetime | None = None) -> None:
    """A reviewer's own end: no access from now on; what was handed in stays. Whoever invited is told."""
    row = _locked(reviewer)
    if row.user_id != actor.pk:
        raise NotAllowed(_("Only the reviewer can do this."))
    reviewer_state_set(reviewer=row, target=S.LEFT, actor=actor, changes={"answered_at": now or clock.now()})
    _mark(actor, actor)
    answered_mail(row)
