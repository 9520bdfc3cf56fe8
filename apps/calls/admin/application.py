"""Staff read applications. What a company wrote is never changed here; deciding has its own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from apps.calls.admin.application_acts import ActsMixin
from apps.calls.admin.application_export import ExportMixin
from apps.calls.admin.application_list import ListMixin
from apps.calls.domain.mails import decision_batch
from apps.calls.enums import DECIDED_STATES, STAFF_WORDS
from apps.calls.forms.intake import NoteForm
from apps.calls.models import Application
from apps.calls.selectors.answers import answer_parts
from apps.calls.selectors.deciding import decision_of
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
from apps.calls.selectors.staff import decision_mail_of


@admin.register(Application)
class ApplicationAdmin(ListMixin, ExportMixin, ActsMixin):
    """Drafts are the applicants' own and are not listed."""

    change_list_template = "admin/calls/application/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [*self.act_urls(), *self.export_urls(), *super().get_urls()]

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
        note_form: NoteForm | None = None,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.return_context(application),
            **reading_context(application, request.user),
            "title": f"{application.code} {application.org_name}",
            "opts": self.opts,
            "may_act": self.has_change_permission(request, application),
            "note_form": note_form or NoteForm(),
        }
        return TemplateResponse(request, "admin/calls/application/review.html", context, status=status)


def reading_context(application: Application, actor: Any) -> dict[str, Any]:
    """Everything that is read of one application."""
    call = application.call
    return {
        "application": application,
        "call": call,
        "parts": answer_parts(application),
        "word": STAFF_WORDS[application.state],
        "decided": application.state in DECIDED_STATES,
        "decision": decision_of(application),
        "mail": decision_mail_of(application, decision_batch(call.code)),
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
