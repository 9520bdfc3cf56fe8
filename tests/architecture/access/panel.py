"""The table of the panel: the mailed link, a reviewer's first steps, what staff do."""

from __future__ import annotations

from typing import Any

from apps.calls.models import Reviewer
from tests.architecture.access.scoring import REVIEWERS
from tests.architecture.access.table import EVERYONE, STAFF, Row, all_get
from tests.architecture.access.world import PANEL_TOKEN, World


def token(w: World) -> dict[str, Any]:
    return {"token": PANEL_TOKEN}


def own(w: World) -> dict[str, Any]:
    return {"call": w.call.code}


def call(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk}


def invited(w: World) -> dict[str, Any]:
    return {"pk": w.call.pk, "reviewer": Reviewer.objects.get(call=w.call, state="invited").pk}


def pair(w: World) -> dict[str, Any]:
    expert = Reviewer.objects.get(call=w.call, user=w.cast.reviewer)
    return {"pk": w.call.pk, "reviewer": expert.pk, "application": w.submitted.pk}


def rows(w: World) -> dict[str, Any]:
    return {"tie-TOTAL_FORMS": "0", "tie-INITIAL_FORMS": "0", "none": "on"}


PAGES = [
    Row("calls:panel-link", EVERYONE, token),
    # Nobody here has the invited address.
    Row("calls:panel-link", all_get(403).but(anonymous=200), token, method="POST"),
    Row("calls:panel-decline", all_get(405), token),
    Row("calls:panel-decline", EVERYONE, token, method="POST"),
]
DONE, REFUSED = STAFF.but(staff=302), STAFF.but(staff=422)
ACTS = [
    Row("admin:review-own-ties", REVIEWERS.but(reviewer=302)),
    Row("admin:review-ties", REVIEWERS, own),
    Row("admin:review-ties", REVIEWERS.but(reviewer=302), own, method="POST", data=rows),
    Row("admin:review-declare", REVIEWERS, own),
    Row("admin:review-declare", REVIEWERS.but(reviewer=302), own, method="POST"),
    Row("admin:review-leave", REVIEWERS, own),
    Row("admin:review-leave", REVIEWERS.but(reviewer=302), own, method="POST"),
    Row("admin:calls_call_panel", STAFF, call),
    Row("admin:calls_call_panel_invite", STAFF, call),
    Row("admin:calls_call_panel_invite", REFUSED, call, method="POST"),
    Row("admin:calls_call_panel_reviewer", STAFF, invited),
    Row("admin:calls_call_panel_reviewer", REFUSED, invited, method="POST"),
    Row("admin:calls_call_panel_resend", STAFF.but(staff=405), invited),
    Row("admin:calls_call_panel_resend", DONE, invited, method="POST"),
    Row("admin:calls_call_panel_remove", STAFF, invited),
    Row("admin:calls_call_panel_remove", DONE, invited, method="POST"),
    Row("admin:calls_call_conflicts", STAFF, call),
    Row("admin:calls_call_conflicts_read", STAFF.but(staff=405), call),
    Row("admin:calls_call_conflicts_read", DONE, call, method="POST"),
    Row("admin:calls_call_conflict_enter", STAFF, call),
    Row("admin:calls_call_conflict_enter", REFUSED, call, method="POST"),
    Row("admin:calls_call_conflict_lift", STAFF, pair),
    Row("admin:calls_call_conflict_lift", REFUSED, pair, method="POST"),
]
