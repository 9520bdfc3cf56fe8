"""What is needed to hand a file out, for one who may have it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import Conflict, NotAllowed, NotFound
from apps.exports.enums import ExportState
from apps.exports.integrations import files
from apps.exports.models import ExportJob
from apps.exports.permissions import can_take
from apps.exports.rules import content_type
from apps.exports.selectors.listing import download_name


def file_facts(export: ExportJob, actor: Any) -> dict[str, Any]:
    """Arguments of ``core.downloads.file_answer``; ``actor`` is a person or a key of the API.

    Raises ``NotAllowed`` (the trial is not the actor's any more), ``Conflict`` (not ready yet, or never)
    and ``NotFound`` (deleted, with its day).
    """
    if not can_take(actor, export):
        raise NotAllowed(_("You cannot see the trial of this export any more, so its file is not given out."))
    if export.state == ExportState.EXPIRED:
        raise NotFound(
            _("This file was deleted after 7 days. Ask for the export again."), code="export_deleted"
        )
    if export.state != ExportState.DONE:
        words = _("There is no file: the export is in the state “%(state)s”.")
        raise Conflict(words % {"state": export.get_state_display()}, code="export_not_ready")
    assert export.ended_at is not None
    return {
        "open_file": partial(files.file_open, export.file),
        "size": export.size or 0,
        "etag": export.sha256,
        "modified": export.ended_at,
        "name": download_name(export),
        "content_type": content_type(export.format, gzip=export.gzip),
    }
