"""Giving applications to reviewers and taking them away: by hand, and evenly by one act.

Whoever does either holds the call's row, so that two members of staff at once cannot give twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.calls.domain.call import check_city
from apps.calls.domain.phase import call_lock
from apps.calls.models import Application, Call, Review, ReviewAssignment, Reviewer
from apps.calls.rules.conflicts import Pair
from apps.calls.selectors.assigning import MOST_WANTED, EvenPlan, even_plan
from apps.calls.selectors.progress import REVIEWED, ties_of
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line

#: Characters of a reason at most.
REASON_LIMIT = 300


@dataclass(frozen=True)
class Changed:
    """How many pairs were added and taken apart; what stood already is not counted."""

    added: int
    removed: int


@transaction.atomic
def assignments_change(
    *,
    call: Call,
    actor: Any,
    add: Collection[Pair] = (),
    remove: Collection[Pair] = (),
    confirmed: bool = False,
    reason: str = "",
    now: datetime | None = None,
) -> Changed:
    """Give and take away, all or none, by (reviewer, application). What is so already stays as it is.

    A review that was begun is kept when its assignment goes, does not count any more, and counts again
    when the pair is joined again; taking it away asks to be ``confirmed`` (``Conflict``,
    ``code="reviewed"``, with the pairs in its data). Refused in words: a hard conflict of interest
    (``code="interest"``), a reviewer or an application that is not there any more (``code="gone"``).
    """
    check_city(actor)
    if len(reason) > REASON_LIMIT:
        words = _("Please shorten the reason to %(limit)d characters.") % {"limit": REASON_LIMIT}
        raise InvalidInput(words, fields={"reason": [words]})
    call = call_lock(call)
    added = _add(call, actor, set(add) - set(remove))
    removed = _remove(call, set(remove) - set(add), confirmed, clean_line(reason), now or clock.now())
    if added or removed:
        data = {"added": _named(added), "removed": _named(removed), "reason": clean_line(reason)}
        record(action="review.assign", actor=actor, target=call, data=data)
    return Changed(len(added), len(removed))


@transaction.atomic
def assignments_evenly(*, call: Call, actor: Any, wanted: int, fingerprint: str) -> EvenPlan:
    """Bring each application under review to ``wanted`` reviewers, exactly as the plan that was looked at.

    ``fingerprint`` is that plan's; when reviewers, conflicts or assignments changed since, ``Conflict``
    (``code="changed"``). No mail is sent.
    """
    check_city(actor)
    if not 1 <= wanted <= MOST_WANTED:
        words = _("Write a number from 1 to %(most)d.") % {"most": MOST_WANTED}
        raise InvalidInput(words, fields={"wanted": [words]})
    call = call_lock(call)
    found = even_plan(call, wanted)
    if found.plan.fingerprint != fingerprint:
        raise Conflict(
            _("Something changed since you looked. This is the plan as it is now. Read it again."),
            code="changed",
        )
    _add(call, actor, set(found.pairs))
    if found.pairs:
        data = {"wanted": wanted, "added": len(found.pairs), "short": len(found.short)}
        record(action="review.assign_evenly", actor=actor, target=call, data=data)
    return found


def _add(call: Call, actor: Any, pairs: set[Pair]) -> list[ReviewAssignment]:
    if not pairs:
        return []
    _check(call, pairs)
    rows = ReviewAssignment.objects.filter(
        application__call=call, reviewer__in={one for one, _other in pairs}
    )
    standing = set(rows.filter(removed_at__isnull=True).values_list("reviewer_id", "application_id"))
    apart = rows.filter(removed_at__isnull=False, review__isnull=False)
    again = {(row.reviewer_id, row.application_id): row for row in apart.order_by("removed_at")}
    made, joined = [], []
    for one, other in sorted(pairs - standing):
        row = again.get((one, other))
        if row is None:
            made.append(ReviewAssignment(reviewer_id=one, application_id=other, assigned_by=actor))
        else:
            row.removed_at, row.removed_reason, row.assigned_by = None, "", actor
            row.save(update_fields=["removed_at", "removed_reason", "assigned_by", "updated_at"])
            joined.append(row)
    return [*ReviewAssignment.objects.bulk_create(made), *joined]


def _check(call: Call, pairs: set[Pair]) -> None:
    """Reviewers and applications are there, and no hard conflict stands between them."""
    people = Reviewer.objects.active().select_for_update(no_key=True).filter(call=call)
    names = dict(people.filter(pk__in={one for one, _other in pairs}).values_list("pk", "name"))
    wanted = {other for _one, other in pairs}
    codes = dict(Application.objects.filter(pk__in=wanted, call=call).values_list("pk", "code"))
    live = Application.objects.filter(pk__in=wanted, call=call, state__in=REVIEWED)
    present = set(live.values_list("pk", flat=True))
    if {one for one, _other in pairs} - set(names) or wanted - set(codes):
        raise Conflict(_("A reviewer is not there any more. Nothing was changed. Look again."), code="gone")
    if gone := sorted(codes[pk] for pk in wanted - present):
        words = _("%(codes)s: not under review any more. Nothing was changed. Look again.")
        raise Conflict(words % {"codes": _(", ").join(gone)}, code="gone")
    if hard := sorted(pairs & ties_of(call).hard, key=lambda pair: codes[pair[1]]):
        words = _("%(name)s has a conflict of interest with %(code)s. Nothing was changed.")
        one, other = hard[0]
        raise Conflict(words % {"name": names[one], "code": codes[other]}, code="interest")


def _remove(
    call: Call, pairs: set[Pair], confirmed: bool, reason: str, now: datetime
) -> list[ReviewAssignment]:
    if not pairs:
        return []
    rows = ReviewAssignment.objects.filter(
        application__call=call, reviewer__in={one for one, _other in pairs}, removed_at__isnull=True
    )
    rows = rows.select_for_update(no_key=True).order_by("pk")
    found = [row for row in rows if (row.reviewer_id, row.application_id) in pairs]
    reviews = Review.objects.filter(assignment__in=found)
    reviewed = set(reviews.values_list("assignment__reviewer_id", "assignment__application_id"))
    if reviewed and not confirmed:
        words = ngettext(
            "%(count)d of these reviews was begun or handed in. It is kept, but does not count any more.",
            "%(count)d of these reviews were begun or handed in. They are kept, but do not count any more.",
            len(reviewed),
        )
        raise Conflict(words % {"count": len(reviewed)}, code="reviewed", data={"pairs": sorted(reviewed)})
    for row in found:
        row.removed_at, row.removed_reason = now, reason
        row.save(update_fields=["removed_at", "removed_reason", "updated_at"])
    return found


def _named(rows: Collection[ReviewAssignment]) -> list[list[str]]:
    """(reviewer, application) for the record."""
    return sorted([str(row.reviewer_id), str(row.application_id)] for row in rows)
