"""What staff do with a difference to a network server: mend it, or let it stand with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.devices.domain.drift import COMPARE_JOB
from apps.devices.domain.provisioning import TAKE_AWAY_JOB, provision_want
from apps.devices.enums import DriftKind
from apps.devices.models import Device, Drift
from apps.network.models import NetworkServer
from apps.outbox.domain import job_queue

if TYPE_CHECKING:
    from apps.accounts.models import User


@transaction.atomic
def drift_mend(*, drift: Drift, actor: User | None, now: datetime | None = None) -> None:
    """Queue what makes the server as the portal says, and close the difference.

    If it does not help, the next comparison finds it again. Raises ``Conflict`` when it is closed already
    or its device can no longer be brought there.
    """
    row = _open(drift)
    moment = now or clock.now()
    if row.kind == DriftKind.UNKNOWN_HERE or row.device_id is None:
        job_queue(kind=TAKE_AWAY_JOB, payload={"server": str(row.server_id), "dev_eui": row.dev_eui})
    else:
        device = Device.objects.select_for_update(of=("self",)).select_related("trial").get(pk=row.device_id)
        adopt = str(row.detail.get("application", "")) if row.kind == DriftKind.OTHER_PLACE else ""
        if provision_want(device=device, actor=actor, adopt_from=adopt, now=moment) is None:
            raise Conflict(_("No profile of a server is entered for this model any more."))
    row.closed_at, row.closed_by = moment, actor
    row.save(update_fields=["closed_at", "closed_by", "updated_at"])
    _record("drift.mend", row, actor, "")


@transaction.atomic
def drifts_mend(
    *, server: NetworkServer, kind: str, expected: int, actor: User | None, now: datetime | None = None
) -> int:
    """Mend all differences of ``kind`` on ``server`` that are not let stand; how many.

    Raises ``Conflict`` when they are not the ``expected`` number any more.
    """
    rows = list(
        Drift.objects.select_for_update()
        .filter(server=server, kind=kind, closed_at=None, ignored_at=None)
        .order_by("device_id", "pk")
    )
    if len(rows) != expected:
        raise Conflict(_("These differences changed since you looked. Please look again."))
    for row in rows:
        drift_mend(drift=row, actor=actor, now=now)
    return len(rows)


@transaction.atomic
def drift_ignore(*, drift: Drift, reason: str, actor: User | None, now: datetime | None = None) -> None:
    """Let a difference stand; raises ``InvalidInput`` (field ``reason``) without a reason."""
    words = clean_line(reason)
    if not words or len(words) > 300:
        text = _("Write why it may stand, in up to 300 characters.")
        raise InvalidInput(text, fields={"reason": [text]})
    row = _open(drift)
    row.ignored_at, row.ignored_by, row.ignore_reason = now or clock.now(), actor, words
    row.save(update_fields=["ignored_at", "ignored_by", "ignore_reason", "updated_at"])
    _record("drift.ignore", row, actor, words)


@transaction.atomic
def drift_heed(*, drift: Drift, actor: User | None) -> None:
    """Count a difference that was let stand as something to do again."""
    row = _open(drift)
    row.ignored_at, row.ignored_by, row.ignore_reason = None, None, ""
    row.save(update_fields=["ignored_at", "ignored_by", "ignore_reason", "updated_at"])
    _record("drift.heed", row, actor, "")


@transaction.atomic
def comparison_queue(*, server: NetworkServer, actor: User | None) -> None:
    """Compare ``server`` now instead of in the night."""
    job_queue(kind=COMPARE_JOB, payload={"server": str(server.pk)})
    record(action="devices.compare_now", actor=actor, target=server)


def _open(drift: Drift) -> Drift:
    row = Drift.objects.select_for_update().get(pk=drift.pk)
    if row.closed_at is not None:
        raise Conflict(_("This difference is mended or gone already."))
    return row


def _record(action: str, row: Drift, actor: User | None, reason: str) -> None:
    data = {"dev_eui": row.dev_eui, "kind": str(row.kind), "server": str(row.server_id)}
    record(action=action, actor=actor, target=row, data=data | ({"reason": reason} if reason else {}))
