"""Exports that end otherwise than ready: cancelled by people, deleted when their days are over."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import NotAllowed
from apps.exports.domain import keeping
from apps.exports.domain.states import export_move
from apps.exports.enums import ExportState
from apps.exports.models import ExportJob
from apps.exports.permissions import can_export

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Deleted in one transaction.
AT_ONCE = 100


@transaction.atomic
def export_cancel(*, export: ExportJob, actor: User | Any, now: datetime | None = None) -> ExportJob:
    """End it where it is; what was written of it is deleted. ``Conflict`` when it has ended already."""
    person = actor if getattr(actor, "is_authenticated", False) else None
    export = (
        ExportJob.objects.select_for_update(of=("self",)).select_related("organization").get(pk=export.pk)
    )
    if person is not None and not can_export(person, export.organization):
        raise NotAllowed(_("Owners, managers and engineers of the organization can do this."))
    export_move(export=export, to=ExportState.CANCELLED, now=now or clock.now(), parts=[], cursor=None)
    data = {"rows": export.rows_done}
    record(
        action="export.cancel", actor=person, target=export, organization_id=export.organization_id, data=data
    )
    transaction.on_commit(lambda: keeping.folder_clear(export=export.pk))
    return export


@transaction.atomic
def exports_forget(*, now: datetime | None = None) -> int:
    """Delete the files whose days are over; how many. The rows stay and say so."""
    now = now or clock.now()
    due = ExportJob.objects.due(now).select_for_update(skip_locked=True)[:AT_ONCE]
    gone = list(due)
    for export in gone:
        export_move(export=export, to=ExportState.EXPIRED, now=now, file="")
    names = [export.pk for export in gone]
    transaction.on_commit(lambda: _folders_clear(names))
    return len(gone)


def _folders_clear(exports: list[uuid.UUID]) -> None:
    for pk in exports:
        keeping.folder_clear(export=pk)
