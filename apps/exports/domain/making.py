"""Making an export in slices: each one transaction with its place, so a kill costs one slice.

A slice is a part in the storage, known by its name only once it is committed. A worker that is killed
leaves at most a part that nobody knows; the next one goes on from the last place. At the end the parts
become one file, and everything else in the export's folder is deleted.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from datetime import datetime, timedelta
from typing import IO, Any, Final

import structlog
from django.db import transaction

from apps.audit.domain import record
from apps.core import clock
from apps.exports.domain import keeping
from apps.exports.domain.mails import failed_mail, ready_mail
from apps.exports.domain.states import export_move
from apps.exports.domain.writing import PartWriter
from apps.exports.enums import OPEN, ExportState
from apps.exports.models import ExportJob
from apps.exports.rules import ExportKind, kind_of

logger = structlog.get_logger(__name__)
#: The outbox job that does a slice and asks to be called again: ``{"export": <uuid>}``.
JOB: Final = "exports.make"
#: A slice ends after so many rows or seconds, whichever comes first; rows are read a page at a time.
SLICE_ROWS: Final = 20_000
SLICE_SECONDS: Final = 3.0
PAGE_ROWS: Final = 2_000
#: Slices that fail one after another before the export does.
ATTEMPTS: Final = 5


def export_job(payload: dict[str, Any]) -> datetime | None:
    """The job's door: a slice, and again at once until all is done. A slice that fails is tried again."""
    export_id = uuid.UUID(payload["export"])
    try:
        with transaction.atomic():
            more = export_step(export_id=export_id)
    except Exception as error:
        logger.warning("export_slice_failed", export=str(export_id), error=f"{type(error).__name__}: {error}")
        return _failed_once(export_id, error)
    return clock.now() if more else None


@transaction.atomic
def export_step(*, export_id: uuid.UUID, size: int = SLICE_ROWS, now: datetime | None = None) -> bool:
    """Do the next slice; whether there is more. Safe to call again: its place is kept with it."""
    now = now or clock.now()
    export = _locked(export_id)
    if export is None:
        return False
    kind = kind_of(export.kind)
    if kind is None:
        raise LookupError(f"No app gives exports of kind {export.kind!r}.")
    if export.state == ExportState.WAITING:
        _begin(export, kind, now)
        return True
    ended = _slice(export, kind, size)
    export.attempts = 0
    if not ended:
        export.save()
        return True
    name, length, digest = keeping.joined(export=export.pk, parts=export.parts)
    values = {"file": name, "size": length, "sha256": digest, "parts": [], "cursor": None}
    export_move(export=export, to=ExportState.DONE, now=now, **values)
    record(
        action="export.done",
        target=export,
        organization_id=export.organization_id,
        data={"rows": export.rows_done, "bytes": length},
    )
    ready_mail(export=export)
    transaction.on_commit(lambda: keeping.folder_clear(export=export.pk, keep=name))
    return False


def _locked(export_id: uuid.UUID) -> ExportJob | None:
    rows = ExportJob.objects.select_for_update(of=("self",)).select_related("organization", "made_by")
    return rows.filter(pk=export_id, state__in=OPEN).first()


def _begin(export: ExportJob, kind: ExportKind, now: datetime) -> None:
    """Count, and fix the columns: the page shows a bar from here on."""
    values = {"rows_total": kind.count(export.params), "columns": kind.columns(export.params)}
    export_move(export=export, to=ExportState.RUNNING, now=now, **values)


def _slice(export: ExportJob, kind: ExportKind, size: int) -> bool:
    """Write the next rows as a part; whether they were the last."""
    with tempfile.TemporaryFile() as out:
        ended = _write(export, kind, size, out)
        export.parts = [*export.parts, keeping.part_save(export=export.pk, content=out)]
    return ended


def _write(export: ExportJob, kind: ExportKind, size: int, out: IO[bytes]) -> bool:
    begin, wanted = time.monotonic(), export.rows_done + size
    with PartWriter(export, out, first=not export.parts) as writer:
        while export.rows_done < wanted and time.monotonic() - begin < SLICE_SECONDS:
            page = kind.rows(
                export.params, export.columns, export.cursor, min(PAGE_ROWS, wanted - export.rows_done)
            )
            writer.write(page.rows)
            export.rows_done += len(page.rows)
            export.cursor = page.after
            if page.after is None:
                return True
    return False


@transaction.atomic
def _failed_once(export_id: uuid.UUID, error: Exception) -> datetime | None:
    """Note the failure; when to try again, None when it failed for good."""
    export = _locked(export_id)
    if export is None:
        return None
    export.attempts += 1
    if export.attempts < ATTEMPTS:
        export.save(update_fields=["attempts", "updated_at"])
        return clock.now() + timedelta(seconds=10 * 2**export.attempts)
    words = f"{type(error).__name__}: {error}"[:300]
    export_move(export=export, to=ExportState.FAILED, now=clock.now(), error=words, parts=[])
    record(
        action="export.fail",
        target=export,
        organization_id=export.organization_id,
        data={"rows": export.rows_done, "error": words},
    )
    failed_mail(export=export)
    transaction.on_commit(lambda: keeping.folder_clear(export=export.pk))
    return None
