"""Writing an application: beginning, one question a screen, the check, handing in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.calls import rules
from apps.calls.domain import (
    application_choose_organization,
    application_copy,
    application_correct,
    application_save,
    application_start,
    application_submit,
    closed_words,
)
from apps.calls.enums import EDITABLE_STATES, ApplicationState
from apps.calls.forms import FORMS, AnswersForm, DevicesForm, PledgeForm
from apps.calls.models import Application
from apps.calls.permissions import may_lead
from apps.calls.selectors.answers import answer_parts
from apps.calls.selectors.applications import (
    access_application,
    applications_of,
    is_correctable,
    organizations_of,
    problems_of,
)
from apps.calls.selectors.calls import access_published_call, asks_of
from apps.calls.selectors.radio import radio_of
from apps.calls.selectors.variants import open_variants
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.core.site import site_settings


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def apply_start(request: HttpRequest, code: str) -> HttpResponse:
    """Bring the person to the draft for this call, made at once when there is none.

    Who handed one in already is asked first (POST begins another).
    """
    call = access_published_call(code=code)
    assert request.user.is_authenticated
    mine = [row for row in applications_of(request.user) if may_lead(request.user, row)]
    here = [row for row in mine if row.call_id == call.pk and row.created_by == request.user]
    drafts = [row for row in here if row.state == ApplicationState.DRAFT]
    if request.method != "POST" and mine and not drafts and call.is_open():
        context = {"call": call, "applications": here, "earlier": [row for row in mine if row.title][:10]}
        return render(request, "calls/apply_start.html", context)
    try:
        application = application_start(call=call, actor=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect(call)
    if drafts:
        return redirect(application)
    return redirect("calls:application-question", application.code, rules.SLUGS[0])


@login_required
@require_POST
def application_copy_view(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a draft for the call named in the form with the answers of this application."""
    source = access_application(actor=request.user, code=code, write=True)
    call = access_published_call(code=request.POST.get("call", ""))
    assert request.user.is_authenticated
    try:
        application = application_copy(source=source, call=call, actor=request.user)
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect("calls:apply-start" if error.code == "draft" else "calls:call-detail", call.code)
    messages.success(request, _("The answers of %(code)s are taken over.") % {"code": source.code})
    return redirect(application)


def _draft(request: HttpRequest, code: str) -> Application | None:
    """The draft (or what was sent back) to write in; None when it was handed in meanwhile."""
    application = access_application(actor=request.user, code=code, write=True)
    return application if application.state in EDITABLE_STATES else None


def _corrects(request: HttpRequest, application: Application) -> bool:
    """What was handed in is corrected screen by screen, until the deadline."""
    return is_correctable(application, clock.now()) and may_lead(request.user, application)


def _screens(application: Application) -> list[str]:
    """The addresses of the screens that this call asks, in their order."""
    return [item.slug for item in rules.questions_of(asks_of(application.call))]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def application_question(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """One screen. ``?from=check`` shows what is wrong with it and leads back to the check."""
    application = access_application(actor=request.user, code=code, write=True)
    if slug not in FORMS:
        raise Http404
    if application.state not in EDITABLE_STATES and not _corrects(request, application):
        return redirect("calls:application-detail", code)
    if slug not in _screens(application):
        raise Http404
    if request.method != "POST":
        return _question_page(request, application, slug, _opened(request, application, slug))
    form = FORMS[slug](request.POST, application=application)
    form.is_valid()
    if application.state not in EDITABLE_STATES:
        return _correct(request, application, slug, form)
    return _save(request, application, slug, form)


def _correct(request: HttpRequest, application: Application, slug: str, form: AnswersForm) -> HttpResponse:
    """Hand the corrected screen in at once, or show what is wrong with it."""
    assert request.user.is_authenticated
    before = application.revision
    if form.errors:
        return _question_page(request, application, slug, form)
    try:
        done = application_correct(
            application=application, actor=request.user, values=form.values, bases=form.seen
        )
    except InvalidInput as error:
        form.refuse(error.fields)
        if not form.errors:
            form.add_error(None, error.message)
    except Conflict as error:
        if error.code == "closed":
            messages.warning(request, error.message)
            return redirect(application)
        form.add_error(None, error.message)
        fresh = access_application(actor=request.user, code=application.code, write=True)
        form.see(FORMS[slug](application=fresh).start()["bases"])
    if form.errors:
        return _question_page(request, application, slug, form)
    if "add_row" in request.POST:
        return redirect(_with_a_row(request, application, slug))
    if done.revision != before:
        messages.success(request, _("The correction is handed in."))
    return redirect(application)


def _with_a_row(request: HttpRequest, application: Application, slug: str) -> str:
    here = reverse("calls:application-question", args=[application.code, slug])
    return f"{here}?{urlencode({**request.GET.dict(), 'rows': '1'})}#add"


def _opened(request: HttpRequest, application: Application, slug: str) -> AnswersForm:
    """The screen as it is stored; coming from the check, with its faults."""
    form = FORMS[slug](application=application)
    form.initial = form.start()
    if "rows" in request.GET and isinstance(form, DevicesForm):
        form.fields["sensors"].widget.attrs["empty_rows"] = 1
    if request.GET.get("from") == "check":
        form = FORMS[slug](form.start(), application=application)
        if form.is_valid():
            form.refuse(problems_of(application))
    return form


def _save(request: HttpRequest, application: Application, slug: str, form: AnswersForm) -> HttpResponse:
    """Keep what can be kept; what cannot stands in the form again, as it was typed."""
    assert request.user.is_authenticated
    try:
        result = application_save(
            application=application,
            actor=request.user,
            values=form.values,
            bases=form.seen,
            pen=form.writer,
        )
    except Conflict as error:
        messages.warning(request, error.message)
        return redirect(application)
    form.refuse(result.refused)
    if form.errors:
        form.see({**form.seen, **result.bases})
        return _question_page(request, result.application, slug, form)
    if result.conflicts:
        return redirect(request.get_full_path())
    if "organization" in request.POST:
        return _choose(request, application)
    if "add_row" in request.POST:
        return redirect(_with_a_row(request, application, slug))
    return redirect(*_after(request, application, slug))


def _after(request: HttpRequest, application: Application, slug: str) -> tuple[str, ...]:
    if request.POST.get("then") == "joint":
        return ("calls:joint-list", application.code)
    if request.POST.get("then") == "files":
        return ("calls:attachments", application.code)
    screens = _screens(application)
    following = screens[screens.index(slug) + 1 :]
    if request.GET.get("from") == "check" or not following:
        return ("calls:application-check", application.code)
    return ("calls:application-question", application.code, following[0])


def _choose(request: HttpRequest, application: Application) -> HttpResponse:
    """A button of question 1: apply for this organization, or for one that is not registered."""
    assert request.user.is_authenticated
    known = {str(item.pk): item for item in organizations_of(request.user)}
    chosen = request.POST["organization"]
    if chosen in known or chosen == "new":
        application_choose_organization(
            application=application, actor=request.user, organization=known.get(chosen)
        )
    return redirect("calls:application-question", application.code, "who")


def _question_page(
    request: HttpRequest, application: Application, slug: str, form: AnswersForm
) -> HttpResponse:
    screens = rules.questions_of(asks_of(application.call))
    index = [item.slug for item in screens].index(slug)
    correcting = application.state not in EDITABLE_STATES
    own = organizations_of(request.user) if slug == "who" and not correcting else []
    context = {
        "application": application,
        "call": application.call,
        "question": screens[index],
        "number": index + 1,
        "total": len(screens),
        "previous": screens[index - 1].slug if index else "",
        "fields_template": f"calls/_fields_{slug}.html",
        "form": form,
        "correcting": correcting,
        "refused": list(form.errors) if request.method == "POST" else [],
        "variants": open_variants(application, slug),
        "saved_at": application.updated_at if application.version > 1 else None,
        "own_organizations": [item for item in own if item != application.organization],
        "closed": closed_words(application.call, clock.now(), application),
        "account_button": None if correcting else account_button(application),
    }
    if slug == "devices":
        context["radio"] = radio_of(application.call, form["sensors"].value() or [])
    status = 422 if request.method == "POST" and form.errors else 200
    return render(request, "calls/question.html", context, status=status)


@login_required
@require_POST
def application_radio(request: HttpRequest, code: str) -> HttpResponse:
    """Whether what stands in the form fits the network: a fragment, nothing is kept."""
    application = access_application(actor=request.user, code=code, write=True)
    form = DevicesForm(request.POST, application=application)
    form.is_valid()
    context = {"radio": radio_of(application.call, form.cleaned_data.get("sensors") or [])}
    return render(request, "calls/_radio_answer.html", {**context, "call": application.call})


def account_button(application: Application) -> dict[str, str]:
    """The header's button while an application is written."""
    label = _("Draft %(code)s") % {"code": application.code}
    return {"label": label, "url": application.get_absolute_url()}


@login_required
@require_http_methods(["GET", "HEAD"])
def application_check(request: HttpRequest, code: str) -> HttpResponse:
    """Every answer with a link to change it, what is missing, the pledges, the button."""
    application = _draft(request, code)
    if application is None:
        return redirect("calls:application-detail", code)
    return _check_page(request, application, _pledge_form())


def _pledge_form(data: QueryDict | None = None) -> PledgeForm:
    return PledgeForm(data, each=site_settings().pledge_form == "each")


def _check_page(
    request: HttpRequest, application: Application, form: PledgeForm, status: int = 200
) -> HttpResponse:
    problems = problems_of(application)
    missing: dict[str, rules.Question] = {}
    for name in problems:
        missing.setdefault(rules.question_of(name).slug, rules.question_of(name))
    context = {
        "application": application,
        "call": application.call,
        "parts": answer_parts(application),
        "problems": problems,
        "variants": open_variants(application),
        "missing": [item for item in rules.QUESTIONS if item.slug in missing],
        "total": len(_screens(application)),
        "pledges": rules.PLEDGES,
        "form": form,
        "closed": closed_words(application.call, clock.now(), application),
        "saved_at": application.updated_at,
        "account_button": account_button(application),
    }
    return render(request, "calls/check.html", context, status=status)


@login_required
@require_POST
def application_submit_view(request: HttpRequest, code: str) -> HttpResponse:
    """Hand in; pressing twice leads to the same receipt."""
    application = access_application(actor=request.user, code=code, write=True)
    form = _pledge_form(request.POST)
    form.is_valid()
    assert request.user.is_authenticated
    try:
        application_submit(application=application, actor=request.user, pledges=form.pledges)
    except InvalidInput as error:
        form.refuse(error.fields)
        return _check_page(request, application, form, status=422)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect(application)
    return redirect("calls:application-receipt", code)
