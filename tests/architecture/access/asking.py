"""The tables of questions, talks and visits, and of merging organizations."""

from __future__ import annotations

from typing import Any

from tests.architecture.access.table import EVERYONE, NOWHERE, STAFF, Row, all_get
from tests.architecture.access.world import World


def call(w: World) -> dict[str, Any]:
    return {"code": w.call.code}


def draft_call(w: World) -> dict[str, Any]:
    return {"code": w.draft_call.code}


def asked(w: World) -> dict[str, Any]:
    return {"code": w.call.code, "pk": w.asked.pk}


def question(w: World) -> dict[str, Any]:
    return {"pk": w.asked.pk}


def talk(w: World) -> dict[str, Any]:
    return {"pk": w.talk.pk}


def visit(w: World) -> dict[str, Any]:
    return {"pk": w.visit.pk}


def company(w: World) -> dict[str, Any]:
    return {"pk": w.company}


def version(w: World) -> dict[str, Any]:
    return {"version": "1"}


PAGES = [
    Row("calls:question-list", EVERYONE, call),
    Row("calls:question-list", NOWHERE, draft_call, query="?draft"),
    Row("calls:question-ask", EVERYONE, call),
    Row("calls:question-ask", NOWHERE, draft_call, query="?draft"),
    Row("calls:question-ask", all_get(422), call, method="POST"),
    Row("calls:question-asked", EVERYONE, asked),
    Row("calls:consultation-request", EVERYONE, call),
    Row("calls:consultation-request", NOWHERE, draft_call, query="?draft"),
    Row("calls:consultation-request", all_get(422), call, method="POST"),
    Row("calls:consultation-requested", EVERYONE, call),
]
DONE = STAFF.but(staff=302)
POST_ONLY = STAFF.but(staff=405)
#: Sent empty: the form says what is missing.
REFUSED = STAFF.but(staff=422)
ACTS = [
    Row("admin:calls_publicquestion_publish", STAFF, question),
    Row("admin:calls_publicquestion_publish", DONE, question, method="POST", data=version),
    Row("admin:calls_publicquestion_close", STAFF, question),
    Row("admin:calls_publicquestion_close", REFUSED, question, method="POST"),
    Row("admin:calls_publicquestion_reopen", POST_ONLY, question),
    Row("admin:calls_publicquestion_reopen", DONE, question, method="POST"),
    Row("admin:calls_consultation_csv", STAFF),
    Row("admin:calls_consultation_arrange", STAFF, talk),
    Row("admin:calls_consultation_arrange", REFUSED, talk, method="POST"),
    Row("admin:calls_consultation_done", STAFF, talk),
    Row("admin:calls_consultation_done", DONE, talk, method="POST", data=version),
    Row("admin:calls_consultation_cancel", STAFF, talk),
    Row("admin:calls_consultation_cancel", DONE, talk, method="POST", data=version),
    Row("admin:calls_consultation_reopen", POST_ONLY, talk),
    Row("admin:calls_consultation_reopen", DONE, talk, method="POST"),
    Row("admin:calls_outreachvisit_csv", STAFF),
    Row("admin:calls_outreachvisit_step_done", POST_ONLY, visit),
    Row("admin:calls_outreachvisit_step_done", DONE, visit, method="POST"),
    Row("admin:organizations_organization_doubles", STAFF),
    Row("admin:organizations_organization_merge", STAFF, company),
    Row("admin:organizations_organization_merge", STAFF, company, method="POST"),
]
