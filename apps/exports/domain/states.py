"""The only writer of an export's state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.core.errors import Conflict
from apps.exports.enums import ExportState
from apps.exports.models import ExportJob

#: A ready file is kept so long.
KEPT: Final = timedelta(days=7)
S = ExportState
#: From a state to which others.
TRANSITIONS: Final = {
    S.WAITING: (S.RUNNING, S.CANCELLED, S.FAILED),
    S.RUNNING: (S.DONE, S.CANCELLED, S.FAILED),
    S.DONE: (S.EXPIRED,),
}


def export_move(*, export: ExportJob, to: ExportState, now: datetime, **fields: Any) -> None:
    """Bring a locked ``export`` to ``to``, set ``fields`` and save all of it."""
    if to not in TRANSITIONS.get(ExportState(export.state), ()):
        raise Conflict(_("This export has ended already."), code="export_ended")
    export.state = to
    if to == S.RUNNING:
        export.started_at = now
    if to in (S.DONE, S.FAILED, S.CANCELLED):
        export.ended_at = now
    if to == S.DONE:
        export.expires_at = now + KEPT
    for name, value in fields.items():
        setattr(export, name, value)
    export.save()
