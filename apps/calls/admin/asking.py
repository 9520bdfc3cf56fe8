"""Staff answer questions: wording and answer are kept quietly, then published with a look before."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.calls.admin.acts import ActsAdmin
from apps.calls.domain.asking import (
    QUESTION_STEPS,
    question_close,
    question_publish,
    question_reopen,
    question_save,
)
from apps.calls.domain.asking_mails import question_mail_preview
from apps.calls.enums import QuestionState
from apps.calls.forms.asking import AnswerForm, CloseForm, VersionForm
from apps.calls.models import PublicQuestion
from apps.calls.selectors.asking import waiting_first


@admin.register(PublicQuestion)
class PublicQuestionAdmin(ActsAdmin):
    folder = "publicquestion"
    list_display = ("number", "short_text", "call", "state", "asked_at", "wants_mail", "published_at")
    list_display_links = ("number", "short_text")
    list_filter = ("state", "call")
    list_select_related: ClassVar = ("call",)
    search_help_text = _("Words of the question or the answer; two characters are enough")

    def get_queryset(self, request: HttpRequest) -> Any:
        return waiting_first(PublicQuestion.objects.select_related("call", "answered_by"))

    def get_ordering(self, request: HttpRequest) -> Any:
        return ("rank", "asked_at")

    @admin.display(description=_("question"))
    def short_text(self, question: PublicQuestion) -> str:
        text = question.text or question.original_text
        return text if len(text) <= 60 else f"{text[:60]}…"

    @admin.display(description=_("wants a mail"), boolean=True)
    def wants_mail(self, question: PublicQuestion) -> bool:
        return bool(question.email)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap, one = self.admin_site.admin_view, "<uuid:pk>"
        own = [
            path(f"{one}/publish/", wrap(self.publish), name="calls_publicquestion_publish"),
            path(f"{one}/close/", wrap(self.close), name="calls_publicquestion_close"),
            path(f"{one}/reopen/", wrap(require_POST(self.reopen)), name="calls_publicquestion_reopen"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What was asked, its public wording, the answer. Saving sends no mail."""
        question = self.found_row(request, object_id)
        if request.method != "POST":
            return self._answer(request, question, AnswerForm(initial=AnswerForm.start(question)))
        form, status = AnswerForm(request.POST), 422
        if form.is_valid():
            status = self.attempt(
                form, lambda: question_save(question=question, actor=request.user, **form.cleaned_data)
            )
            if not status:
                return self.done(request, question, gettext("Saved. No mail was sent."))
        if status == 409:
            question = self.found_row(request, object_id)
            form.data = {**form.data.dict(), "version": str(question.version)}  # type: ignore[attr-defined]
        return self._answer(request, question, form, status)

    def _answer(
        self, request: HttpRequest, question: PublicQuestion, form: AnswerForm, status: int = 200
    ) -> HttpResponse:
        steps = {target for source, target in QUESTION_STEPS if source == question.state}
        return self.page(
            request,
            "answer",
            question,
            status,
            form=form,
            published=question.state == QuestionState.PUBLISHED,
            closed=question.state == QuestionState.CLOSED,
            may_publish=question.state == QuestionState.ANSWERED,
            may_close=QuestionState.CLOSED in steps,
        )

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Before: the page and the mail as they will be. Then publish, once."""
        question = self.found_row(request, pk)
        mail = question_mail_preview(question)
        form = VersionForm(request.POST or None, initial={"version": question.version})
        status = 200
        if request.method == "POST" and form.is_valid():
            status = self.attempt(
                form,
                lambda: question_publish(
                    question=question, actor=request.user, version=form.cleaned_data["version"]
                ),
            )
            if not status:
                return self.done(request, question, _published(1 if mail else 0))
        elif request.method == "POST":
            status = 422
        if question.state != QuestionState.ANSWERED:
            return redirect("admin:calls_publicquestion_change", question.pk)
        return self.page(request, "publish", question, status, form=form, mail=mail, mails=1 if mail else 0)

    def close(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Do not publish, or take off the page: with a reason that is kept."""
        question = self.found_row(request, pk)
        form = CloseForm(request.POST or None, initial={"version": question.version})
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                status = self.attempt(
                    form,
                    lambda: question_close(question=question, actor=request.user, **form.cleaned_data),
                )
            if not status:
                return self.done(request, question, gettext("Closed. No mail was sent."))
        if (question.state, QuestionState.CLOSED) not in QUESTION_STEPS:
            return redirect("admin:calls_publicquestion_change", question.pk)
        return self.page(request, "close", question, status, form=form)

    def reopen(self, request: HttpRequest, pk: Any) -> HttpResponse:
        question = self.found_row(request, pk)
        form = VersionForm(request.POST)
        form.full_clean()
        if self.attempt(form, lambda: question_reopen(question=question, actor=request.user)):
            return redirect("admin:calls_publicquestion_change", question.pk)
        return self.done(request, question, gettext("Taken up again. No mail was sent."))


def _published(mails: int) -> str:
    if not mails:
        return gettext("Published. No mail was sent.")
    return ngettext(
        "Published. %(count)d mail is on its way.", "Published. %(count)d mails are on their way.", mails
    ) % {"count": mails}
