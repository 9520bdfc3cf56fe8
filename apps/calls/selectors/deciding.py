"""Whether a decision can be made final, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.calls.enums import DECIDED_STATES, ApplicationState
from apps.calls.models import Application, Decision


def decision_of(application: Application) -> Decision | None:
    """The quiet or final decision on ``application``, None while it is open. One query."""
    row = Decision.objects.filter(application=application).select_related("decided_by", "signed_by").first()
    return row if row is not None and row.outcome else None


def handed_in_since(application: Application, decision: Decision) -> bool:
    """The application was handed in anew after it was decided: someone must read and decide again."""
    return application.submitted_at is not None and application.submitted_at > decision.decided_at


def final_problem(application: Application, decision: Decision | None, version: int | None = None) -> str:
    """Why the decision cannot be made final now; empty when it can. ``version``: that of the page."""
    if application.state == ApplicationState.WITHDRAWN:
        return _("The applicant withdrew it.")
    if application.state == ApplicationState.RETURNED:
        return _("It was sent back for correction.")
    if application.state in DECIDED_STATES:
        return _("It is final already.")
    if application.state != ApplicationState.SUBMITTED:
        return _("It does not wait for a decision.")
    if decision is None or not decision.outcome:
        return _("It is not decided.")
    if version is not None and decision.version != version:
        return _("It was changed since you looked.")
    if handed_in_since(application, decision):
        return _("It was handed in again after it was decided. Read it and decide anew.")
    if decision.signed_by_id is None:
        return _("It is not signed.")
    return ""
