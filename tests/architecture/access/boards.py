"""Rows of the table: dashboards and their secret links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.core.tokens import token_hash
from apps.telemetry.models import Dashboard, DashboardLink, DashboardTile
from tests.architecture.access.table import EVERYONE, MEMBERS, WORKERS, Row, all_get
from tests.architecture.access.world import World

REFUSED = WORKERS.but(owner=422, colleague=422)
DONE = WORKERS.but(owner=302, colleague=302)
POST_ONLY = all_get(405).but(anonymous=302)


def trial(w: World) -> dict[str, Any]:
    return {"organization": w.company, "code": w.trial.code}


def board_row(w: World) -> Dashboard:
    row = Dashboard.objects.first()
    return row or Dashboard.objects.create(organization=w.trial.organization, trial=w.trial, name="水位")


def board(w: World) -> dict[str, Any]:
    return {**trial(w), "pk": board_row(w).pk}


def tile(w: World) -> dict[str, Any]:
    row, _made = DashboardTile.objects.get_or_create(dashboard=board_row(w), kind="text", text="本文")
    return {**board(w), "tile": row.pk}


def new_tile(w: World) -> dict[str, Any]:
    return {**board(w), "kind": "chart"}


def link(w: World) -> dict[str, Any]:
    now = clock.now()
    ends = {"made_at": now, "expires_at": now + timedelta(days=7)}
    row, _made = DashboardLink.objects.get_or_create(
        token_hash=token_hash("open-sesame"), defaults={"dashboard": board_row(w), **ends}
    )
    return {**board(w), "link": row.pk}


def opened(w: World) -> dict[str, Any]:
    link(w)
    return {"token": "open-sesame"}


ROWS: list[Row] = [
    Row("telemetry:dashboard-list", MEMBERS, trial),
    Row("telemetry:dashboard-list", REFUSED, trial, method="POST"),
    Row("telemetry:dashboard-link", MEMBERS, trial),
    Row("telemetry:dashboard", MEMBERS, board),
    Row("telemetry:dashboard-edit", WORKERS, board),
    Row("telemetry:dashboard-edit", REFUSED, board, method="POST"),
    Row("telemetry:dashboard-remove", POST_ONLY, board),
    Row("telemetry:tile-new", WORKERS, new_tile),
    Row("telemetry:tile-new", REFUSED, new_tile, method="POST"),
    Row("telemetry:tile-edit", WORKERS, tile),
    Row("telemetry:tile-edit", REFUSED, tile, method="POST"),
    Row("telemetry:tile-act", POST_ONLY, tile),
    Row("telemetry:tile-act", DONE, tile, method="POST"),
    Row("telemetry:dashboard-links", WORKERS, board),
    Row("telemetry:dashboard-links", REFUSED, board, method="POST"),
    Row("telemetry:dashboard-link-revoke", POST_ONLY, link),
    Row("telemetry:dashboard-link-revoke", DONE, link, method="POST"),
    Row("telemetry:dashboard-open", EVERYONE, opened),
]
ACTS: list[Row] = [Row("telemetry:dashboard-remove", DONE, board, method="POST")]
