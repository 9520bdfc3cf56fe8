"""The page behind the link of an invitation to review: accept, or decline."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.calls.domain.panel import reviewer_accept, reviewer_decline
from apps.calls.enums import ReviewerState
from apps.calls.models import Reviewer, ReviewPhase
from apps.calls.selectors.panel import reviewer_link_of
from apps.calls.views.links import link_page
from apps.core.errors import Conflict, NotAllowed


@link_page
@require_http_methods(["GET", "HEAD", "POST"])
def panel_link(request: HttpRequest, token: str) -> HttpResponse:
    """Who asks for what; sign in as the invited address, then accept."""
    reviewer = reviewer_link_of(token=token, actor=request.user)
    if reviewer.state == ReviewerState.ACCEPTED:
        return redirect("admin:review-ties", reviewer.call.code)
    if request.method != "POST" or not request.user.is_authenticated:
        return _page(request, reviewer, token)
    try:
        row = reviewer_accept(token=token, actor=request.user)
    except (Conflict, NotAllowed) as error:
        return _page(request, reviewer, token, error.message, status=error.status)
    return redirect("admin:review-ties", row.call.code)


def _page(
    request: HttpRequest, reviewer: Reviewer, token: str, refused: str = "", status: int = 200
) -> HttpResponse:
    user = request.user
    if user.is_authenticated and user.is_staff:
        refused = _(
            "City staff do not review. Please sign in with an account that is not of the city’s staff."
        )
    context = {
        "reviewer": reviewer,
        "call": reviewer.call,
        "token": token,
        "refused": refused,
        "phase": ReviewPhase.objects.filter(call=reviewer.call, may_score=True).first(),
    }
    return render(request, "calls/panel_link.html", context, status=status)


@link_page
@require_POST
def panel_decline(request: HttpRequest, token: str) -> HttpResponse:
    """Say no; no account is needed."""
    actor = request.user if request.user.is_authenticated else None
    reviewer_decline(token=token, actor=actor)
    return render(request, "calls/panel_declined.html")
