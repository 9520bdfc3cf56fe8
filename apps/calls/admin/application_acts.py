"""What staff do with one application beside deciding: send back, take back, mark as read, note."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from apps.calls.domain.intake import (
    application_extend,
    application_mark_read,
    application_return,
    application_take_back,
    checked_return,
    staff_note_add,
)
from apps.calls.domain.intake_mails import return_preview
from apps.calls.enums import ApplicationState
from apps.calls.forms.intake import NoteForm, ReturnForm, return_start
from apps.calls.models import Application
from apps.calls.selectors.intake import is_overdue
from apps.calls.selectors.joint import recipients_of
from apps.core import clock
from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError

RETURNABLE = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)


class ActsMixin(admin.ModelAdmin[Application]):
    def act_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "calls_application"
        return [
            path("<uuid:pk>/return/", wrap(self.send_back), name=f"{name}_return"),
            path("<uuid:pk>/take-back/", wrap(require_POST(self.take_back)), name=f"{name}_take_back"),
            path("<uuid:pk>/read/", wrap(require_POST(self.mark_read)), name=f"{name}_read"),
            path("<uuid:pk>/note/", wrap(require_POST(self.note)), name=f"{name}_note"),
        ]

    def _application(self, request: HttpRequest, pk: Any, change: bool = True) -> Application:
        application: Application = row_or_404(self, request, pk, change=change)
        return application

    def send_back(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write the request (GET), see its mail (POST), send it (POST with ``send``)."""
        application = self._application(request, pk)
        if request.method != "POST":
            return self._return_page(request, application, ReturnForm(initial=return_start(application)))
        form = ReturnForm(request.POST)
        if not form.is_valid():
            return self._return_page(request, application, form, status=422)
        data = form.cleaned_data
        try:
            if "send" not in request.POST:
                text = checked_return(data["message"], data["until"], clock.now())
                preview = return_preview(application, message=text, until=data["until"])
                fresh = self._application(request, pk)
                return self._return_page(request, fresh, form, preview=preview)
            done = self._send_back(request, application, data)
        except DomainError as error:
            form.refuse(error)
            return self._return_page(request, self._application(request, pk), form, status=error.status)
        count = len(recipients_of(done))
        text = ngettext(
            "Sent back. %(count)d mail is on its way.", "Sent back. %(count)d mails are on their way.", count
        )
        messages.success(request, text % {"count": count})
        return redirect("admin:calls_application_change", done.pk)

    def _send_back(self, request: HttpRequest, application: Application, data: dict[str, Any]) -> Application:
        values = {"message": data["message"], "until": data["until"]}
        actor: Any = request.user
        if data["known_until"]:
            known = data["known_until"]
            return application_extend(application=application, actor=actor, known_until=known, **values)
        return application_return(application=application, actor=actor, version=data["version"], **values)

    def _return_page(
        self,
        request: HttpRequest,
        application: Application,
        form: ReturnForm,
        preview: dict[str, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        again = application.state == ApplicationState.RETURNED
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Give more time") if again else gettext("Send back for correction"),
            "opts": self.opts,
            "application": application,
            "form": form,
            "preview": preview,
            "recipients": recipients_of(application),
            "again": again,
            "returnable": application.state in RETURNABLE,
        }
        return TemplateResponse(request, "admin/calls/application/return.html", context, status=status)

    def take_back(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The correction did not come: it counts as it was last handed in."""
        application = self._application(request, pk)
        try:
            application_take_back(application=application, actor=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, error.message)
        else:
            text = gettext("It counts as it was last handed in. This sent no mail.")
            messages.success(request, text)
        return redirect("admin:calls_application_change", application.pk)

    def mark_read(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """This person has read the revision that the page showed."""
        application = self._application(request, pk, change=False)
        typed = request.POST.get("revision", "")
        revision = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0
        application_mark_read(
            application=application,
            actor=request.user,  # type: ignore[arg-type]
            revision=revision,
        )
        messages.success(request, gettext("Marked as read."))
        return redirect("admin:calls_application_change", application.pk)

    def note(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Keep a note that only staff read."""
        application = self._application(request, pk)
        form = NoteForm(request.POST)
        if form.is_valid():
            try:
                staff_note_add(
                    application=application,
                    actor=request.user,  # type: ignore[arg-type]
                    text=form.cleaned_data["text"],
                )
            except DomainError as error:
                form.refuse(error)
        if form.errors:
            return self.reading_page(request, application, note_form=form, status=422)
        messages.success(request, gettext("The note is kept. Only staff read it."))
        return redirect("admin:calls_application_change", application.pk)

    @abstractmethod
    def reading_page(self, request: HttpRequest, application: Application, **more: Any) -> HttpResponse:
        """The page of the application, with a form that was refused."""

    @staticmethod
    def return_context(application: Application) -> dict[str, Any]:
        """What the page says about the correction."""
        return {
            "returnable": application.state in RETURNABLE,
            "returned": application.state == ApplicationState.RETURNED,
            "overdue": is_overdue(application),
        }
