"""The pages of a reviewer: what is left, the sheet with its scores, stepping back, files."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.calls.admin.review_access import review_page, reviewer_page
from apps.calls.domain.conflict import conflict_recuse
from apps.calls.domain.review_file import review_file
from apps.calls.domain.reviewing import ReviewSaved, review_hand_in, review_save
from apps.calls.forms.review import RecuseForm, ReviewForm
from apps.calls.selectors.review_sheet import changes_since, sheet_file, sheet_of
from apps.calls.selectors.review_work import Seat, access_seat, others_of, work_of, work_of_call
from apps.calls.selectors.reviews import criteria_of, marks_of
from apps.core import clock
from apps.core.admin_site import register_admin_urls
from apps.core.errors import Conflict, DomainError, InvalidInput, NotFound
from apps.core.rates import rate_hit

FILES_AN_HOUR = 120


@require_safe
@reviewer_page
def home(request: HttpRequest) -> HttpResponseBase:
    """Everything assigned, by call; what comes next first."""
    works = work_of(actor=request.user, now=clock.now())
    return review_page(request, "home", {"title": _("What is left for me"), "works": works})


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_page
def sheet(request: HttpRequest, code: str) -> HttpResponseBase:
    """The application beside its criteria. POST keeps what was typed, and hands it in with ``hand_in``."""
    try:
        seat = access_seat(actor=request.user, code=code, now=clock.now())
    except NotFound as error:
        if request.method != "POST":
            raise
        return _gone(request, error)
    if request.method == "POST":
        return _posted(request, seat)
    return _sheet_page(request, seat)


def _form(seat: Seat, data: Any = None) -> ReviewForm:
    return ReviewForm(data, criteria=criteria_of(seat.call))


def _posted(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    form, code = _form(seat, request.POST), seat.application.code
    form.is_valid()
    try:
        saved = _save(request, code, form)
        form.refuse_units(saved.refused)
        _show_clashes(form, saved)
        if not form.errors and "hand_in" in request.POST:
            review_hand_in(actor=request.user, code=code, revision=form.shown_revision)  # type: ignore[arg-type]
    except NotFound as error:
        return _gone(request, error)
    except (InvalidInput, Conflict) as error:
        form.refuse_units(error.fields) if isinstance(error, InvalidInput) else form.refuse(error)
    if form.errors:
        fresh = access_seat(actor=request.user, code=code, now=clock.now())
        return _sheet_page(request, fresh, form, status=422)
    words = _("Handed in. Thank you.") if "hand_in" in request.POST else _("Saved. It is not handed in yet.")
    if "hand_in" in request.POST or seat.review is None or seat.review.handed_in_at is None:
        messages.success(request, words)
    else:
        messages.success(request, _("Saved. It stays handed in, as it is now."))
    return redirect("admin:review-sheet", code)


def _save(request: HttpRequest, code: str, form: ReviewForm) -> ReviewSaved:
    return review_save(
        actor=request.user,  # type: ignore[arg-type]
        code=code,
        revision=form.shown_revision,
        values=form.values,
        bases=form.seen,
        pen=form.writer,
    )


def _show_clashes(form: ReviewForm, saved: ReviewSaved) -> None:
    """Beside each part that another window wrote: what it wrote. To save again then decides for this page."""
    for unit in saved.conflicts:
        held = form.words_of(unit, saved.held[unit])
        words = _("In another window you wrote: “%(held)s”. Save again to keep what stands here instead.")
        form.add_error(unit, words % {"held": held})
    if saved.conflicts:
        form.see({**saved.bases, **form.bases_of(saved.held)})
    elif form.errors:
        form.see(saved.bases)


def _gone(request: HttpRequest, error: NotFound) -> HttpResponse:
    """It was taken away while it was written: the words stay on the page, to be copied."""
    names = ("comment_city", "comment_applicant")
    typed = [text for name in names if (text := request.POST.get(name, "").strip()[:6000])]
    context = {"title": _("This is not yours to review any more"), "words": error.message, "typed": typed}
    return review_page(request, "gone", context, status=error.status)


def _sheet_page(
    request: HttpRequest, seat: Seat, form: ReviewForm | None = None, status: int = 200
) -> HttpResponse:
    """Everything on it is from ``sheet_of``: the application itself does not reach the template."""
    review, application = seat.review, seat.application
    reads, scored = seat.may_read, review.revision if review else application.revision
    if form is None:
        form = _form(seat)
        form.initial = form.start(marks_of(review), application.revision)
    work = work_of_call(seat.reviewer, clock.now(), seat.forbidden)
    own = next(row for row in work.rows if row.code == application.code)
    page = sheet_of(application, veil=seat.veil) if reads else None
    context = {
        "title": page.title if page else application.code,
        "code": application.code,
        "sheet": page,
        "form": form,
        "row": own,
        "work": work,
        "next": next((row for row in work.left if row.code != own.code and row.step != "declare"), None),
        "reading_problem": seat.reading_problem,
        "scoring_problem": seat.scoring_problem,
        "scored": scored,
        "written": review is not None,
        "changes": changes_since(application, scored, veil=seat.veil) if reads and review else [],
        "others": others_of(seat) if reads else None,
        "message_guide": seat.call.message_quota,
    }
    return review_page(request, "sheet", context, status)


@require_POST
def save(request: HttpRequest, code: str) -> HttpResponseBase:
    """What ``views.autosave`` does for the applicant's screens, in the same JSON."""
    same = request.POST.get("writer_id", "") in ("", str(request.user.pk))
    if not request.user.is_authenticated or not same:
        return _refused(401, "signed_out", _("You are signed out. Sign in to send it."))
    try:
        seat = access_seat(actor=request.user, code=code, now=clock.now())
        form = _form(seat, request.POST)
        form.is_valid()
        saved = _save(request, code, form)
    except DomainError as error:
        return _refused(error.status, error.code, error.message)
    form.refuse_units(saved.refused)
    return JsonResponse(_told(request, form, saved))


def _refused(status: int, code: str, words: str) -> JsonResponse:
    return JsonResponse({"code": code, "words": words}, status=status)


def _told(request: HttpRequest, form: ReviewForm, saved: ReviewSaved) -> dict[str, Any]:
    clashes = [(form.fields[unit].label, form.words_of(unit, saved.held[unit])) for unit in saved.conflicts]
    html = render_to_string("admin/review/_clashes.html", {"clashes": clashes}, request) if clashes else ""
    return {
        "saved_at": clock.short(clock.now()),
        "bases": saved.bases,
        "saved": saved.saved,
        "conflicts": saved.conflicts,
        "refused": {name: [str(text) for text in texts] for name, texts in form.errors.items()},
        "variants": html,
    }


@require_safe
@reviewer_page
def file(request: HttpRequest, code: str, revision: int, number: int) -> HttpResponseBase:
    """A file under a name that tells nothing, written anew without what it says of its author."""
    seat = access_seat(actor=request.user, code=code, now=clock.now())
    if problem := seat.reading_problem:
        raise NotFound(problem)
    if not rate_hit(name="review-file", who=str(request.user.pk), limit=FILES_AN_HOUR, seconds=3600):
        messages.error(request, _("Too many files in one hour. Please try again later."))
        return redirect("admin:review-sheet", code)
    shown, kept = sheet_file(seat.application, revision=revision, number=number, hide=seat.hide)
    content, content_type = review_file(kept)
    response = FileResponse(
        io.BytesIO(content), as_attachment=True, filename=shown.name, content_type=content_type
    )
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_page
def recuse(request: HttpRequest, code: str) -> HttpResponseBase:
    """Step back from one application, with a reason. It takes effect at once."""
    seat = access_seat(actor=request.user, code=code, now=clock.now())
    form = RecuseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            conflict_recuse(
                assignment=seat.assignment,
                actor=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
            )
        except (InvalidInput, Conflict) as error:
            form.refuse(error)
        else:
            messages.success(
                request, _("You stepped back from %(code)s. This sent no mail.") % {"code": code}
            )
            return redirect("admin:review-home")
    context = {
        "title": _("Step back from %(code)s") % {"code": code},
        "code": code,
        "form": form,
        "done": seat.review is not None and seat.review.handed_in_at is not None,
    }
    return review_page(request, "recuse", context, status=422 if form.is_bound and form.errors else 200)


register_admin_urls(
    [
        path("review/", home, name="review-home"),
        path("review/<str:code>/", sheet, name="review-sheet"),
        path("review/<str:code>/save/", save, name="review-save"),
        path("review/<str:code>/recuse/", recuse, name="review-recuse"),
        path("review/<str:code>/files/<int:revision>/<int:number>/", file, name="review-file"),
    ]
)
