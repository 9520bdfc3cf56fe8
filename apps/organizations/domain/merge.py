"""Making one organization of two. Nothing that either held is lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import Conflict, NotAllowed
from apps.organizations.enums import Role
from apps.organizations.models import Invitation, Membership, Organization
from apps.organizations.selectors.doubles import organization_references
from apps.organizations.signals import organization_merged
from apps.outbox.domain import job_queue

JOB = "organizations.merge_late"
#: What was under way while two organizations were merged has ended by then.
LATE = timedelta(minutes=2)
#: The lowest first.
_ROLES = (Role.VIEWER, Role.ENGINEER, Role.MANAGER, Role.OWNER)


@transaction.atomic
def organization_merge(
    *, keep: Organization, gone: Organization, actor: Any, now: datetime | None = None
) -> Organization:
    """Move all that ``gone`` holds to ``keep``; staff only. Returns ``keep``.

    Every app moves its own rows in a receiver of ``organization_merged``, in this transaction; when
    one is left behind, nothing is done. ``gone`` stays as a row, so that old links lead to ``keep``.
    Raises ``Conflict`` when either was merged meanwhile or they are two by law.
    """
    if not (actor is not None and actor.is_authenticated and actor.is_staff):
        raise NotAllowed(_("Only the city may merge organizations."))
    now = now or clock.now()
    keep, gone = _locked(keep, gone)
    _check(keep, gone)
    moved = {
        f"{reference.model._meta.label_lower}.{reference.attname}": reference.count(gone)
        for reference in organization_references()
    }
    _move(keep=keep, gone=gone, actor=actor)
    filled = _fill(keep=keep, gone=gone)
    gone.merged_into, gone.merged_at = keep, now
    gone.full_clean()
    gone.save(update_fields=["merged_into", "merged_at", "updated_at"])
    record(
        action="organization.merge",
        actor=actor,
        target=gone,
        organization_id=keep.pk,
        data={"into": str(keep.pk), "moved": {name: n for name, n in moved.items() if n}, "filled": filled},
    )
    job_queue(kind=JOB, payload={"gone": str(gone.pk)}, dedupe_key=f"{JOB}:{gone.pk}", not_before=now + LATE)
    transaction.on_commit(public_pages.changed)
    return keep


def _locked(keep: Organization, gone: Organization) -> tuple[Organization, Organization]:
    """Both as they are now, locked in one order, so that two merges cannot wait for each other."""
    ids = {keep.pk, gone.pk}
    rows = {row.pk: row for row in Organization.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    return rows[keep.pk], rows[gone.pk]


def merge_problem(keep: Organization, gone: Organization) -> str:
    """Why the two cannot be merged, and what to do; empty when they can."""
    if keep.pk == gone.pk:
        return _("These are the same. Choose another organization.")
    if keep.merged_into_id or gone.merged_into_id:
        return _("One of the two was merged already. Look at the organization that was kept.")
    numbers = {keep.corporate_number, gone.corporate_number} - {""}
    if len(numbers) > 1:
        return _(
            "Their corporate numbers differ, so they are two organizations by law. "
            "If one number is wrong, correct it first."
        )
    return ""


def _check(keep: Organization, gone: Organization) -> None:
    if problem := merge_problem(keep, gone):
        raise Conflict(problem, code="merge")


def _move(*, keep: Organization, gone: Organization, actor: Any) -> None:
    """Own rows, then those of every app; refuses when something still names ``gone``."""
    _memberships_move(keep=keep, gone=gone)
    Invitation.objects.filter(organization=gone).update(organization=keep)
    _domains_move(keep=keep, gone=gone)
    Organization.objects.filter(merged_into=gone).update(merged_into=keep)
    organization_merged.send(sender=Organization, keep=keep, gone=gone, actor=actor)
    left = [reference for reference in organization_references() if reference.holds(gone)]
    if left:
        names = ", ".join(reference.label for reference in left)
        raise Conflict(_("Nothing was merged: %(names)s cannot be moved.") % {"names": names}, code="left")


def _memberships_move(*, keep: Organization, gone: Organization) -> None:
    """Whoever belongs to both has the higher of the two roles."""
    present = {row.user_id: row for row in Membership.objects.select_for_update().filter(organization=keep)}
    for row in Membership.objects.select_for_update().filter(organization=gone):
        own = present.get(row.user_id)
        if own is None:
            row.organization = keep
            row.save(update_fields=["organization", "updated_at"])
            continue
        if _ROLES.index(Role(row.role)) > _ROLES.index(Role(own.role)):
            own.role = row.role
            own.save(update_fields=["role", "updated_at"])
        row.delete()


def _domains_move(*, keep: Organization, gone: Organization) -> None:
    """A mail domain that both had stays once."""
    known = keep.mail_domains.values("domain")
    gone.mail_domains.filter(domain__in=known).delete()
    gone.mail_domains.update(organization=keep)


def _fill(*, keep: Organization, gone: Organization) -> list[str]:
    """What ``keep`` does not say of itself, ``gone`` says. Returns the names of those fields."""
    names = [
        name
        for name in ("name_kana", "corporate_number", "website")
        if getattr(gone, name) and not getattr(keep, name)
    ]
    for name in names:
        setattr(keep, name, getattr(gone, name))
    if names:
        keep.full_clean()
        keep.save(update_fields=[*names, "updated_at"])
    return names


@transaction.atomic
def merge_late(*, payload: Mapping[str, Any]) -> None:
    """Move what was under way while the two were merged and was stored a moment after."""
    gone = Organization.objects.select_related("merged_into").get(pk=uuid.UUID(payload["gone"]))
    if gone.merged_into is not None:
        keep, gone = _locked(gone.merged_into, gone)
        _move(keep=keep, gone=gone, actor=None)
