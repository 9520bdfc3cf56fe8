"""The waiting list: who is first moves up when an adoption ends; staff set the order.

Locks are taken in the order of every act on decisions: held mails, the application that ends, the call
(one list moves at a time), the applications on the list.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.letter import letters_void
from apps.calls.domain.locking import application_lock_with_mails
from apps.calls.domain.mails import decision_mail, decision_mails_discard
from apps.calls.domain.workflow import application_state_set
from apps.calls.enums import ApplicationState
from apps.calls.models import Application, Call
from apps.calls.permissions import may_decide, may_lead
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_text

if TYPE_CHECKING:
    from apps.accounts.models import User

REASON_LIMIT = 500


def ended_adoptions(call: Call) -> Any:
    """Adoptions of ``call`` that ended before a trial began, and made room for nobody yet."""
    ended = Q(state=ApplicationState.TURNED_DOWN) | Q(
        state=ApplicationState.WITHDRAWN, moved_up_at__isnull=False
    )
    return Application.objects.filter(ended, call=call, replaced_by=None).order_by("updated_at", "pk")


def _waiting(call: Call) -> Any:
    """Those who know that they are on the list, in its order."""
    return Application.objects.filter(
        call=call, state=ApplicationState.WAITLISTED, decision_published_at__isnull=False
    ).order_by("waitlist_rank", "pk")


@transaction.atomic
def waitlist_move_up(*, call: Call, actor: User | None, now: datetime | None = None) -> list[Application]:
    """For each adoption that ended, the next on the list is adopted with what its decision granted.

    Called as often as wished: each ended adoption makes room once. Letter and mails are held, each
    application in a batch of its own; until they are released its company reads that it waits.
    ``actor``: staff, or None when it follows from what a company did.
    """
    now = now or clock.now()
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    moved = []
    for gone in ended_adoptions(locked):
        pk = _waiting(locked).values_list("pk", flat=True).first()
        if pk is None:
            break
        moved.append(_move_up(pk, gone, actor, now))
    return moved


@transaction.atomic
def waitlist_adopt_first(
    *, call: Call, application: Application, actor: User, now: datetime | None = None
) -> Application:
    """Staff adopt the first on the list though no adoption was turned down (a trial was withdrawn, more
    devices came). ``application`` is the one that was first on their page; ``Conflict`` if it is not now.
    """
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    pk = _waiting(locked).values_list("pk", flat=True).first()
    if pk is None or pk != application.pk:
        raise Conflict(_("The waiting list changed since you looked. Read it again."), code="changed")
    return _move_up(pk, None, actor, now or clock.now())


def _move_up(pk: uuid.UUID, gone: Application | None, actor: Any, now: datetime) -> Application:
    row = (
        Application.objects.select_for_update(of=("self",))
        .select_related("call", "created_by", "organization")
        .get(pk=pk)
    )
    application_state_set(
        application=row,
        target=ApplicationState.ADOPTED,
        actor=actor,
        changes={
            "moved_up_at": now,
            "replaces": gone,
            "decision_published_at": None,
            "answer_due_at": None,
        },
        data={"rank": row.waitlist_rank, "instead_of": gone.code if gone else ""},
    )
    decision_mail(row, actor=actor, now=now)
    return row


@transaction.atomic
def waitlist_leave(*, application: Application, actor: User, now: datetime | None = None) -> Application:
    """The company leaves the waiting list. Doing it twice does it once.

    If it had moved up and was not told yet, its mail never leaves and the next one moves up.
    """
    now = now or clock.now()
    row, mails = application_lock_with_mails(application)
    if row.state == ApplicationState.WITHDRAWN and may_lead(actor, row):
        return row
    if row.public_state != ApplicationState.WAITLISTED:
        raise Conflict(_("This application is not on the waiting list now."), code="state")
    moved_up = row.state == ApplicationState.ADOPTED
    application_state_set(application=row, target=ApplicationState.WITHDRAWN, actor=actor)
    letters_void(application=row, actor=actor, now=now)
    decision_mails_discard(mails=mails, actor=actor)
    if moved_up:
        waitlist_move_up(call=row.call, actor=None, now=now)
    return row


@transaction.atomic
def waitlist_reorder(
    *, call: Call, order: Sequence[uuid.UUID], known: Sequence[uuid.UUID], actor: User, reason: str
) -> int:
    """Put the waiting list of ``call`` in the ``order`` given, ranks from 1; how many have another rank.

    ``known``: the order of the page; ``Conflict`` (``code="changed"``) if it is another by now.
    """
    if not may_decide(actor):
        raise NotAllowed(_("Only the city decides."))
    text = clean_text(reason)
    if not text or len(text) > REASON_LIMIT:
        words = _("Write why, in up to 500 characters. It stays in the record.")
        raise InvalidInput(words, fields={"reason": [words]})
    locked = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
    rows = {row.pk: row for row in _waiting(locked).select_for_update(of=("self",))}
    if list(rows) != list(known) or set(order) != set(rows) or len(order) != len(rows):
        raise Conflict(_("The waiting list changed since you looked. Read it again."), code="changed")
    changed = 0
    for rank, pk in enumerate(order, start=1):
        row = rows[pk]
        if row.waitlist_rank == rank:
            continue
        before, row.waitlist_rank = row.waitlist_rank, rank
        row.version += 1
        row.save(update_fields=["waitlist_rank", "version", "updated_at"])
        record(
            action="application.waitlist_rank",
            actor=actor,
            target=row,
            organization_id=row.organization_id,
            data={"from": before, "to": rank, "reason": text},
        )
        changed += 1
    return changed
