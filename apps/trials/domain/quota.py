"""How much of the network a trial may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core.errors import InvalidInput, QuotaFull
from apps.trials.enums import QuotaKind
from apps.trials.models import Trial, TrialQuota
from apps.trials.signals import quota_changed

if TYPE_CHECKING:
    from apps.accounts.models import User


def quota_take(*, trial: Trial, kind: QuotaKind, amount: int = 1) -> TrialQuota:
    """Make sure ``amount`` more of ``kind`` may be used, and keep the row locked until the end.

    Call it first in the transaction that uses it. PostgreSQL itself counts (see
    docs/decisions/0003-quota-counted-by-the-database.md); this gives the refusal its words.
    Raises ``QuotaFull`` with ``limit`` and ``used``.
    """
    row = TrialQuota.objects.select_for_update().filter(trial=trial, kind=kind).first()
    limit, used = (row.granted, row.used) if row else (0, 0)
    if row is None or used + amount > limit:
        raise quota_full(kind=kind, limit=limit, used=used, amount=amount)
    return row


def quota_full(*, kind: QuotaKind, limit: int, used: int, amount: int = 1) -> QuotaFull:
    """The refusal in words. ``data`` holds ``kind``, ``limit``, ``used`` and ``free``."""
    data = {"kind": str(kind), "limit": limit, "used": used, "free": max(0, limit - used)}
    if kind == QuotaKind.MESSAGES:
        text = ngettext(
            "This trial may send %(limit)d message a day.",
            "This trial may send %(limit)d messages a day.",
            limit,
        )
    elif limit == 0:
        text = _("No devices are granted to this trial yet.")
    else:
        text = ngettext(
            "This trial may have %(limit)d device and has %(used)d. No more can be registered.",
            "This trial may have %(limit)d devices and has %(used)d. No more can be registered.",
            limit,
        )
        if amount > 1 and used < limit:
            text = ngettext(
                "This trial may have %(limit)d device and has %(used)d. %(free)d more can be registered.",
                "This trial may have %(limit)d devices and has %(used)d. %(free)d more can be registered.",
                limit,
            )
    return QuotaFull(text % data, data=data)


def quota_write(*, trial: Trial, kind: QuotaKind, granted: int, actor: User | None) -> TrialQuota:
    """Grant ``granted`` of ``kind``: the trial is locked, a version is kept by the caller.

    Raises ``InvalidInput`` in words below what is in use.
    """
    row, _created = TrialQuota.objects.select_for_update().get_or_create(
        trial=trial, kind=kind, defaults={"granted": 0}
    )
    if granted < row.used:
        text = ngettext(
            "%(used)d is in use. Grant at least that many, or have devices retired first.",
            "%(used)d are in use. Grant at least that many, or have devices retired first.",
            row.used,
        ) % {"used": row.used}
        raise InvalidInput(text, fields={"granted": [text]})
    before, row.granted = row.granted, granted
    row.full_clean()
    row.save(update_fields=["granted", "updated_at"])
    if before != granted:
        record(
            action="trial.quota_change",
            actor=actor,
            target=trial,
            organization_id=trial.organization_id,
            data={"kind": str(kind), "from": before, "to": granted},
        )
        quota_changed.send(sender=TrialQuota, trial=trial, kind=kind, before=before, granted=granted)
    return row
