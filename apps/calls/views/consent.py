"""The page on which a facility's keeper answers the city, without account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.calls.domain.consent import consent_answer
from apps.calls.enums import ConsentState
from apps.calls.forms.consent import ConsentAnswerForm
from apps.calls.models import FacilityConsent
from apps.calls.selectors.consent import access_consent_link, is_askable, shown_answers
from apps.calls.views.links import link_page
from apps.core.errors import DomainError, NotFound
from apps.core.open_forms import client_of


@link_page
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, by whom and where; the form; afterwards the answer, to read only."""
    row = access_consent_link(token=token)
    if request.method != "POST" or row.state != ConsentState.ASKED:
        return _page(request, row, ConsentAnswerForm())
    form = ConsentAnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        consent_answer(token=token, client=client_of(request), **form.values)
    except NotFound:
        raise
    except DomainError as error:
        form.refuse(error)
        return _page(request, access_consent_link(token=token), form, status=error.status)
    return redirect("calls:consent", token)


def _page(
    request: HttpRequest, row: FacilityConsent, form: ConsentAnswerForm, status: int = 200
) -> HttpResponse:
    context = {
        "consent": row,
        "application": row.application,
        "call": row.application.call,
        "shown": shown_answers(row.application),
        "answered": row.state != ConsentState.ASKED,
        "needed": is_askable(row.application),
        "form": form,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
    }
    return render(request, "calls/consent.html", context, status=status)
