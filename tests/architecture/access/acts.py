"""The table of what staff do in the admin beyond Django's own pages."""

from __future__ import annotations

from typing import Any

from tests.architecture.access import (
    asking,
    boards,
    changes,
    codecs,
    deliberation,
    doors,
    gatherings,
    intake,
    letters,
    network,
    panel,
    progress,
    provisioning,
    review_staff,
    scoring,
)
from tests.architecture.access.table import STAFF, Row
from tests.architecture.access.world import World


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


def draft_call(w: World) -> dict[str, Any]:
    return {"pk": w.draft_call.pk}


def submitted(w: World) -> dict[str, Any]:
    return {"pk": w.submitted.pk}


def handed_in(w: World) -> dict[str, Any]:
    return {"pk": w.report.pk}


def held(w: World) -> dict[str, Any]:
    return {"pk": w.held.pk}


def held_batch(w: World) -> dict[str, Any]:
    return {"batch": "calls-2026", "count": "1"}


def held_attachment(w: World) -> dict[str, Any]:
    """The mail has none; tests/outbox has the rest."""
    return {"pk": w.held.pk, "number": 0}


def asked_of(w: World) -> dict[str, Any]:
    return {"application": w.submitted.pk}


def consent(w: World) -> dict[str, Any]:
    return {"pk": w.consent.pk}


DONE = STAFF.but(staff=302)
POST_ONLY = STAFF.but(staff=405)
#: Sent empty: the form says what is missing.
REFUSED = STAFF.but(staff=422)
ROWS: list[Row] = [
    *gatherings.ACTS,
    *asking.ACTS,
    *changes.ACTS,
    *intake.ACTS,
    *letters.ACTS,
    *codecs.ACTS,
    *network.ACTS,
    *doors.ACTS,
    *boards.ACTS,
    *provisioning.ROWS,
    *scoring.ACTS,
    *panel.ACTS,
    *review_staff.ROWS,
    Row("admin:calls_call_preview", STAFF, draft_call),
    Row("admin:calls_call_preview", STAFF, draft_call, method="POST"),
    Row("admin:calls_call_publish", STAFF, draft_call),
    Row("admin:calls_call_publish", DONE, draft_call, method="POST"),
    Row("admin:calls_call_clone", STAFF, call),
    Row("admin:calls_call_clone", DONE, call, method="POST"),
    Row("admin:calls_call_withdraw", STAFF, call),
    Row("admin:calls_call_withdraw", DONE, call, method="POST"),
    *deliberation.ACTS,
    *progress.ACTS,
    Row("admin:calls_facilityconsent_ask", STAFF, asked_of),
    Row("admin:calls_facilityconsent_ask", REFUSED, asked_of, method="POST"),
    Row("admin:calls_facilityconsent_remind", POST_ONLY, consent),
    Row("admin:calls_facilityconsent_remind", DONE, consent, method="POST"),
    Row("admin:calls_facilityconsent_read", POST_ONLY, consent),
    Row("admin:calls_facilityconsent_read", DONE, consent, method="POST"),
    Row("admin:calls_facilityconsent_void", POST_ONLY, consent),
    Row("admin:calls_facilityconsent_void", REFUSED, consent, method="POST"),
    Row("admin:reports_report_publish", POST_ONLY, handed_in),
    Row("admin:reports_report_publish", DONE, handed_in, method="POST"),
    Row("admin:reports_report_return", POST_ONLY, handed_in),
    Row("admin:reports_report_return", STAFF, handed_in, method="POST"),
    Row("admin:outbox_message_batch", STAFF, query="?batch=calls-2026"),
    Row("admin:outbox_message_release", POST_ONLY),
    Row("admin:outbox_message_release", DONE, method="POST", data=held_batch),
    Row("admin:outbox_message_discard_all", POST_ONLY),
    Row("admin:outbox_message_discard_all", DONE, method="POST", data=held_batch),
    Row("admin:outbox_message_discard", POST_ONLY, held),
    Row("admin:outbox_message_discard", DONE, held, method="POST"),
    Row("admin:outbox_message_attachment", STAFF.but(staff=404), held_attachment),
    Row("admin:outbox_message_again", POST_ONLY, held),
    Row("admin:outbox_message_again", DONE, held, method="POST"),
]
