"""Staff read applications and decide. What a company wrote is never changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.calls.admin.application_acts import ActsMixin
from apps.calls.admin.application_export import ExportMixin
from apps.calls.admin.application_list import ListMixin
from apps.calls.domain import application_decide
from apps.calls.domain.mails import decision_batch
from apps.calls.enums import DECIDED_STATES, STAFF_WORDS, ApplicationState
from apps.calls.forms import DecisionForm, decision_start
from apps.calls.forms.intake import NoteForm
from apps.calls.models import Application
from apps.calls.selectors.answers import answer_parts
from apps.calls.selectors.flags import flags_by_row
from apps.calls.selectors.intake import (
    consultations_of,
    doubles_of,
    history_rows,
    mails_of,
    notes_of,
    read_state,
    revision_rows,
    visits_of,
)
from apps.calls.selectors.radio import radio_of
from apps.calls.selectors.staff import decision_mail_of, over_the_call
from apps.core.errors import Conflict, InvalidInput

_DECIDABLE = (ApplicationState.SUBMITTED, *DECIDED_STATES)


@admin.register(Application)
class ApplicationAdmin(ListMixin, ExportMixin, ActsMixin):
    """Drafts are the applicants' own and are not listed."""

    change_list_template = "admin/calls/application/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/decide/", wrap(require_POST(self.decide)), name="calls_application_decide"),
        ]
        return [*own, *self.act_urls(), *self.export_urls(), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """All answers, and what staff may do beside them."""
        return self.reading_page(request, self._application(request, object_id, change=False))

    def reading_page(
        self,
        request: HttpRequest,
        application: Application,
        form: DecisionForm | None = None,
        note_form: NoteForm | None = None,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        may_act = self.has_change_permission(request, application)
        context = {
            **self.admin_site.each_context(request),
            **self.return_context(application),
            **reading_context(application, request.user),
            "title": f"{application.code} {application.org_name}",
            "opts": self.opts,
            "may_act": may_act,
            "decidable": may_act and application.state in _DECIDABLE and not application.decision_is_told,
            "form": form or DecisionForm(initial=decision_start(application)),
            "note_form": note_form or NoteForm(),
        }
        return TemplateResponse(request, "admin/calls/application/review.html", context, status=status)

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write the decision and hold its mail."""
        application = self._application(request, pk)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self.reading_page(request, application, form, status=422)
        try:
            decided = application_decide(
                application=application,
                actor=request.user,  # type: ignore[arg-type]
                **form.decision_values,
            )
        except InvalidInput as error:
            for name, texts in error.fields.items():
                form.add_error(name, texts)
            return self.reading_page(request, application, form, status=422)
        except Conflict as error:
            form.add_error(None, error.message)
            fresh = self._application(request, pk)
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(fresh.version)  # type: ignore[index]
            return self.reading_page(request, fresh, form, status=409)
        messages.success(request, _("Decided. One mail waits in the box of mails before sending."))
        if over_the_call(decided):
            messages.warning(
                request, _("More is granted than the call’s guide. Check that the network has room.")
            )
        return redirect("admin:calls_application_change", decided.pk)


def reading_context(application: Application, actor: Any) -> dict[str, Any]:
    """Everything that is read of one application."""
    call = application.call
    return {
        "application": application,
        "call": call,
        "parts": answer_parts(application),
        "word": STAFF_WORDS[application.state],
        "decided": application.state in DECIDED_STATES,
        "mail": decision_mail_of(application, decision_batch(call.code)),
        "asks_more": (application.device_count or 0) > call.device_quota,
        "flags": flags_by_row([application], actor=actor)[application.pk],
        "network": radio_of(call, application.sensors),
        "doubles": doubles_of(application),
        "revisions": revision_rows(application),
        "consultations": consultations_of(application),
        "visits": visits_of(application),
        "history": history_rows(application),
        "mails": mails_of(application),
        "notes": notes_of(application),
        "reading": read_state(application, actor),
    }
