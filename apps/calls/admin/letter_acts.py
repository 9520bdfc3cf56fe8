"""What staff do about a company's answer and the waiting list; each on a page of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from apps.calls.domain.answering import answer_end, answer_extend
from apps.calls.domain.waitlist import waitlist_adopt_first, waitlist_reorder
from apps.calls.enums import ApplicationState
from apps.calls.forms.answering import AnswerForm, ExtendForm, OrderForm, answer_start
from apps.calls.models import Application, Call, Letter
from apps.calls.selectors.joint import recipients_of
from apps.calls.selectors.status import is_late
from apps.calls.selectors.waitlist import known_order, moved_of, waiting_of
from apps.core import clock
from apps.core.errors import DomainError


class AnswerActs(admin.ModelAdmin[Letter]):
    def act_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "calls_letter"
        return [
            path("answer/<uuid:pk>/", wrap(self.answer), name=f"{name}_answer"),
            path("waitlist/<uuid:pk>/", wrap(self.waitlist), name=f"{name}_waitlist"),
            path("waitlist/<uuid:pk>/first/", wrap(require_POST(self.first)), name=f"{name}_first"),
        ]

    @abstractmethod
    def page(
        self, request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        """A page of this admin, in its frame."""

    def answer(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """How long the company may still answer; more time or the end of it (POST)."""
        application = self._application(request, pk)
        start = answer_start(application)
        extend, end = ExtendForm(initial=start), AnswerForm(initial=start)
        status = 200
        if request.method == "POST":
            ending = request.POST.get("act") == "end"
            form: Any = AnswerForm(request.POST) if ending else ExtendForm(request.POST)
            act = self._end if ending else self._extend
            status = self._try(request, application, form, act)
            if status == 0:
                return redirect("admin:calls_letter_answer", application.pk)
            extend, end = (extend, form) if ending else (form, end)
            application = self._application(request, pk)
        return self.page(
            request,
            "answer",
            _("The company’s answer"),
            status=status,
            application=application,
            extend=extend,
            end=end,
            mails=len(recipients_of(application)),
            open=application.state == ApplicationState.ADOPTED and application.decision_is_told,
            late=is_late(application, clock.now()),
        )

    def _application(self, request: HttpRequest, pk: Any) -> Application:
        rows = Application.objects.submitted().select_related("call", "created_by")
        application = rows.filter(pk=pk).first()
        if application is None or not self.has_change_permission(request):
            raise Http404
        return application

    @staticmethod
    def _try(
        request: HttpRequest, application: Application, form: Any, act: Callable[[Any, Any, Any], str]
    ) -> int:
        """0: done, and said; else the status of the refusal, which stands in the form."""
        if not form.is_valid():
            return 422
        try:
            messages.success(request, act(application, request.user, form))
        except DomainError as error:
            form.refuse(error)
            return error.status
        return 0

    @staticmethod
    def _extend(application: Application, actor: Any, form: ExtendForm) -> str:
        data = form.cleaned_data
        values = {"until": form.moment, "message": data["message"]}
        count = answer_extend(application=application, actor=actor, known_due=data["known_due"], **values)
        text = ngettext(
            "The company has more time. %(count)d mail is on its way.",
            "The company has more time. %(count)d mails are on their way.",
            count,
        )
        return text % {"count": count}

    @staticmethod
    def _end(application: Application, actor: Any, form: AnswerForm) -> str:
        data = form.cleaned_data
        moved = answer_end(
            application=application, actor=actor, known_due=data["known_due"], message=data["message"]
        )
        text = _("The adoption has ended; the company is told by mail.")
        if not moved:
            return text
        said = _("Moved up: %(codes)s. Look at the mail and release it.")
        return f"{text} {said % {'codes': _(', ').join(row.code for row in moved)}}"

    def waitlist(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The waiting list of a call; POST puts it in another order."""
        call = self._call(request, pk)
        rows = waiting_of(call)
        form, status = OrderForm(rows=rows), 200
        if request.method == "POST":
            form = OrderForm(request.POST, rows=rows)
            status = self._reorder(request, call, form)
            if status == 0:
                return redirect("admin:calls_letter_waitlist", call.pk)
        return self.page(
            request,
            "waitlist",
            pgettext("decision", "Waiting list"),
            status=status,
            call=call,
            form=form,
            rows=[(row, form[f"rank-{row.pk}"]) for row in rows],
            moved=moved_of(call),
        )

    @staticmethod
    def _reorder(request: HttpRequest, call: Call, form: OrderForm) -> int:
        if not form.is_valid():
            return 422
        actor: Any = request.user
        known = known_order(request.POST.getlist("known"))
        reason = form.cleaned_data["reason"]
        try:
            waitlist_reorder(call=call, order=form.order, known=known, actor=actor, reason=reason)
        except DomainError as error:
            form.refuse(error)
            return error.status
        messages.success(request, _("The waiting list has its new order. No mail was sent."))
        return 0

    def first(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Adopt the first on the list."""
        call = self._call(request, pk)
        chosen = known_order([request.POST.get("application", "")])
        rows = Application.objects.filter(call=call, pk__in=chosen)
        application = rows.first()
        if application is None:
            raise Http404
        actor: Any = request.user
        try:
            waitlist_adopt_first(call=call, application=application, actor=actor)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            words = _("%(code)s moves up. Look at the mail and release it; none was sent.")
            messages.success(request, words % {"code": application.code})
        return redirect("admin:calls_letter_waitlist", call.pk)

    def _call(self, request: HttpRequest, pk: Any) -> Call:
        call = Call.objects.filter(pk=pk).first()
        if call is None or not self.has_change_permission(request):
            raise Http404
        return call
