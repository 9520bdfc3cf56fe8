"""Staff read applications and decide. What a company wrote is never changed here."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.calls.domain import application_decide
from apps.calls.domain.mails import decision_batch
from apps.calls.enums import DECIDED_STATES, STAFF_WORDS, ApplicationState
from apps.calls.forms import DecisionForm, decision_start
from apps.calls.models import Application
from apps.calls.models.application import ApplicationQuerySet
from apps.calls.selectors.answers import answer_parts
from apps.calls.selectors.staff import decision_mail_of, over_the_call
from apps.core.errors import Conflict, InvalidInput

_DECIDABLE = (ApplicationState.SUBMITTED, *DECIDED_STATES)


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin[Application]):
    """Drafts are the applicants' own and are not listed."""

    list_display = ("code", "company", "short_title", "call", "word", "submitted_at", "told")
    list_filter = ("call", "state")
    search_fields = ("code", "org_name", "org_kana", "title", "contact_name", "contact_email")
    search_help_text = _("Number, company, title, contact person or e-mail")
    list_select_related: ClassVar = ("call",)
    list_per_page = 50
    ordering = ("-submitted_at",)

    @admin.display(description=_("organization"), ordering="org_name")
    def company(self, application: Application) -> str:
        return application.org_name

    @admin.display(description=_("title"), ordering="title")
    def short_title(self, application: Application) -> str:
        title = application.title
        return title if len(title) <= 60 else f"{title[:60]}…"

    @admin.display(description=_("state"), ordering="state")
    def word(self, application: Application) -> str:
        return str(STAFF_WORDS[application.state])

    @admin.display(description=_("decision told"), ordering="decision_published_at")
    def told(self, application: Application) -> Any:
        return application.decision_published_at

    def get_queryset(self, request: HttpRequest) -> ApplicationQuerySet:
        return Application.objects.submitted().select_related("call", "decided_by", "created_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/decide/", wrap(require_POST(self.decide)), name="calls_application_decide"),
        ]
        return [*own, *super().get_urls()]

    def _application(self, request: HttpRequest, pk: Any) -> Application:
        application = self.get_object(request, str(pk))
        if application is None or not self.has_change_permission(request, application):
            raise Http404
        return application

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """All answers, and the decision beside them."""
        application = self._application(request, object_id)
        return self._page(request, application, DecisionForm(initial=decision_start(application)))

    def _page(
        self, request: HttpRequest, application: Application, form: DecisionForm, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{application.code} {application.org_name}",
            "opts": self.opts,
            "application": application,
            "call": application.call,
            "parts": answer_parts(application),
            "word": STAFF_WORDS[application.state],
            "decidable": application.state in _DECIDABLE and not application.decision_is_told,
            "decided": application.state in DECIDED_STATES,
            "mail": decision_mail_of(application, decision_batch(application.call.code)),
            "form": form,
            "asks_more": (application.device_count or 0) > application.call.device_quota,
        }
        return TemplateResponse(request, "admin/calls/application/review.html", context, status=status)

    def decide(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Write the decision and hold its mail."""
        application = self._application(request, pk)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(request, application, form, status=422)
        try:
            decided = application_decide(
                application=application,
                actor=request.user,  # type: ignore[arg-type]
                **form.decision_values,
            )
        except InvalidInput as error:
            for name, texts in error.fields.items():
                form.add_error(name, texts)
            return self._page(request, application, form, status=422)
        except Conflict as error:
            form.add_error(None, error.message)
            fresh = self._application(request, pk)
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(fresh.version)  # type: ignore[index]
            return self._page(request, fresh, form, status=409)
        messages.success(request, _("Decided. One mail waits in the box of mails before sending."))
        if over_the_call(decided):
            messages.warning(
                request, _("More is granted than the call’s guide. Check that the network has room.")
            )
        return redirect("admin:calls_application_change", decided.pk)
