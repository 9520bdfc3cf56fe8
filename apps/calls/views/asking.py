"""Questions about a call in public, and the request for a talk before applying. No account is needed.

The list is kept for everyone; the forms stand on pages of their own, which are not.
"""

from __future__ import annotations

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.calls.domain.asking import question_ask
from apps.calls.domain.consultation import consultation_request
from apps.calls.forms.asking import ConsultationForm, QuestionForm
from apps.calls.selectors.asking import (
    access_question,
    asking_until,
    published_questions,
    takes_consultations,
    takes_questions,
)
from apps.calls.selectors.calls import access_published_call
from apps.core.errors import Conflict
from apps.core.open_forms import client_of
from apps.core.public_pages import public_page

PER_PAGE = 50


@require_safe
@public_page
def question_list(request: HttpRequest, code: str) -> HttpResponse:
    """All published questions and answers of a call; ``q`` searches, ``order=newest`` sorts."""
    call = access_published_call(code=code)
    query, newest = request.GET.get("q", "").strip()[:100], request.GET.get("order") == "newest"
    rows = published_questions(call, query=query, newest=newest)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = {"q": query, "order": "newest" if newest else ""}
    context = {
        "call": call,
        "page": page,
        "query": query,
        "newest": newest,
        "parameters": urlencode({name: value for name, value in kept.items() if value}),
        "until": asking_until(call),
        "takes": takes_questions(call),
    }
    return render(request, "calls/question_list.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question_ask_view(request: HttpRequest, code: str) -> HttpResponse:
    """Ask, without account. After the last day the page says so instead, and keeps what was typed."""
    call = access_published_call(code=code)
    form = QuestionForm(request.POST if request.method == "POST" else None, client=client_of(request))
    takes, status = takes_questions(call), 200
    if request.method == "POST":
        status = 422 if takes else 409
        if takes and form.is_valid():
            if form.trapped:
                return redirect("calls:question-list", code)
            try:
                row = question_ask(call=call, language=get_language() or "ja", **form.values)
            except Conflict:  # the last moment passed between the two
                takes, status = False, 409
            else:
                return redirect("calls:question-asked", code, row.pk)
    context = {"call": call, "form": form, "takes": takes, "until": asking_until(call)}
    return render(request, "calls/question_ask.html", context, status=status)


@never_cache
@require_safe
def question_asked(request: HttpRequest, code: str, pk: uuid.UUID) -> HttpResponse:
    """Thanks, with the number under which it will stand on the page."""
    call = access_published_call(code=code)
    context = {"call": call, "question": access_question(call=call, pk=pk)}
    return render(request, "calls/question_asked.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def consultation_request_view(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a talk before applying, without account."""
    call = access_published_call(code=code)
    form = ConsultationForm(request.POST if request.method == "POST" else None, client=client_of(request))
    takes, status = takes_consultations(call), 200
    if request.method == "POST":
        status = 422 if takes else 409
        if takes and form.is_valid():
            try:
                if not form.trapped:
                    consultation_request(call=call, language=get_language() or "ja", **form.values)
            except Conflict:  # the call closed between the two
                takes, status = False, 409
            else:
                return redirect("calls:consultation-requested", code)
    context = {"call": call, "form": form, "takes": takes}
    return render(request, "calls/consultation_request.html", context, status=status)


@never_cache
@require_safe
def consultation_requested(request: HttpRequest, code: str) -> HttpResponse:
    """Thanks: who does what next, and by when."""
    return render(request, "calls/consultation_requested.html", {"call": access_published_call(code=code)})
