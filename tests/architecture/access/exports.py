"""Rows of the table: exports, their files, and asking for one."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from apps.exports.domain.keeping import part_save
from apps.exports.models import ExportJob
from tests.architecture.access.table import MEMBERS, WORKERS, ApiRow, Row, all_get, by_key
from tests.architecture.access.world import World


def _ready(w: World) -> ExportJob:
    """One that is done, of the running trial."""
    found = ExportJob.objects.filter(state="done").first()
    if found is not None:
        return found
    export = _made(w, state="done", rows_done=1, size=5, sha256="ab" * 32)
    ExportJob.objects.filter(pk=export.pk).update(
        file=part_save(export=export.pk, content=BytesIO(b"time\n")),
        ended_at=export.created_at,
        expires_at=export.created_at,
    )
    return ExportJob.objects.get(pk=export.pk)


def _made(w: World, **more: Any) -> ExportJob:
    params = {
        "trial": w.trial.code,
        "trial_title": w.trial.title,
        "device": None,
        "until": "2026-11-01T00:00:00+09:00",
        "own_only": True,
        "_trial": str(w.trial.pk),
        "_organization": str(w.company),
    }
    return ExportJob.objects.create(
        organization=w.cast.organization,
        made_by=w.cast.owner,
        kind="telemetry.uplinks",
        format="csv",
        params=params,
        subject=w.trial.pk,
        **more,
    )


def company(w: World) -> dict[str, Any]:
    _ready(w)
    return {"organization": w.company}


def ready(w: World) -> dict[str, Any]:
    return {"organization": w.company, "pk": _ready(w).pk}


def waiting(w: World) -> dict[str, Any]:
    found = ExportJob.objects.filter(state="waiting").first() or _made(w)
    return {"organization": w.company, "pk": found.pk}


def own_trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def ready_of_trial(w: World) -> dict[str, Any]:
    _ready(w)
    return own_trial(w)


def ready_by_key(w: World) -> dict[str, Any]:
    return {"pk": _ready(w).pk}


def waiting_by_key(w: World) -> dict[str, Any]:
    return {"pk": waiting(w)["pk"]}


NEW = "telemetry:trial-export"
WISH = {"what": "values", "format": "csv"}
PAGES: list[Row] = [
    Row("exports:export-list", MEMBERS, company),
    Row("exports:export-rows", MEMBERS, company),
    Row("exports:organization-links", MEMBERS, company),
    Row("exports:trial-exports", MEMBERS, ready_of_trial),
    Row("exports:export-file", MEMBERS, ready),
    Row("exports:export-file", MEMBERS.but(reader=409, colleague=409, owner=409, staff=409), waiting),
    Row("exports:export-cancel", WORKERS.but(colleague=302, owner=302), waiting, method="POST"),
    Row("exports:export-cancel", all_get(405).but(anonymous=302), waiting),
    Row(NEW, WORKERS, own_trial),
    Row(NEW, WORKERS.but(colleague=422, owner=422), own_trial, method="POST"),
    Row(NEW, WORKERS.but(colleague=302, owner=302), own_trial, method="POST", data=lambda w: WISH),
    Row("telemetry:trial-export-link", MEMBERS, own_trial),
    Row("telemetry:export-links", MEMBERS, company),
]
API: list[ApiRow] = [
    by_key("api-export-list", other=200),
    # Without a body the key is told what is missing.
    ApiRow("api-export-list", by_key("", other=422).statuses | {"key": 422}, method="POST"),
    by_key("api-export-detail", ready_by_key),
    by_key("api-export-detail", waiting_by_key, method="DELETE"),
    by_key("api-export-file", ready_by_key),
]
