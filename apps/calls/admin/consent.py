"""Staff ask the keepers of facilities, read what they answered, remind, ask anew, declare void."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.calls.domain.consent import consent_ask, consent_draft, consent_read, consent_remind, consent_void
from apps.calls.domain.consent_mails import ask_preview
from apps.calls.forms.consent import ConsentAskForm, ConsentVoidForm, ask_start
from apps.calls.models import Application, FacilityConsent
from apps.calls.selectors.consent import consent_row, is_askable
from apps.core.admin_tools import row_or_404
from apps.core.errors import Conflict, DomainError


@admin.register(FacilityConsent)
class FacilityConsentAdmin(admin.ModelAdmin[FacilityConsent]):
    """A consent is asked for from its application; its answer is never written here."""

    list_display = ("facility", "owner_name", "number", "state", "due_on", "answered_at", "read_at")
    list_filter = ("state", "application__call")
    search_fields = ("facility", "owner_name", "email", "application__code", "answered_by")
    search_help_text = _("Facility, keeper, e-mail, number of the application, who answered")
    list_select_related: ClassVar = ("application",)
    list_per_page = 50
    ordering = ("due_on",)

    @admin.display(description=_("application"), ordering="application__code")
    def number(self, consent: FacilityConsent) -> str:
        return consent.application.code

    def get_queryset(self, request: HttpRequest) -> QuerySet[FacilityConsent]:
        return super().get_queryset(request).select_related("application__call", "asked_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FacilityConsent | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("ask/<uuid:application>/", wrap(self.ask), name="calls_facilityconsent_ask"),
            path("<uuid:pk>/remind/", wrap(require_POST(self.remind)), name="calls_facilityconsent_remind"),
            path("<uuid:pk>/read/", wrap(require_POST(self.read)), name="calls_facilityconsent_read"),
            path("<uuid:pk>/void/", wrap(require_POST(self.void)), name="calls_facilityconsent_void"),
        ]
        return [*own, *super().get_urls()]

    def _consent(self, request: HttpRequest, pk: Any) -> FacilityConsent:
        consent: FacilityConsent = row_or_404(self, request, pk)
        return consent

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What was asked, what was answered and from where, and what may be done."""
        return self._page(request, self._consent(request, object_id), ConsentVoidForm())

    def _page(
        self, request: HttpRequest, consent: FacilityConsent, form: ConsentVoidForm, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{consent.application.code} {consent.facility}",
            "opts": self.opts,
            "row": consent_row(consent),
            "consent": consent,
            "application": consent.application,
            "askable": is_askable(consent.application),
            "form": form,
        }
        return TemplateResponse(request, "admin/calls/facilityconsent/consent.html", context, status=status)

    def ask(self, request: HttpRequest, application: Any) -> HttpResponse:
        """Write the question (GET), see its mail (POST), send it (POST with ``send``)."""
        found = Application.objects.submitted().select_related("call").filter(pk=application).first()
        if found is None or not self.has_change_permission(request):
            raise Http404
        again = self._again(request, found)
        if request.method != "POST":
            return self._ask_page(request, found, ConsentAskForm(initial=ask_start(found, again)), again)
        form = ConsentAskForm(request.POST)
        if not form.is_valid():
            return self._ask_page(request, found, form, again, status=422)
        try:
            if "send" not in request.POST:
                draft = consent_draft(application=found, actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
                return self._ask_page(request, found, form, again, preview=ask_preview(draft))
            consent_ask(application=found, actor=request.user, again=again, **form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as error:
            form.refuse(error)
            return self._ask_page(request, found, form, again, status=error.status)
        messages.success(
            request, gettext("One mail is on its way to %(email)s.") % {"email": form.cleaned_data["email"]}
        )
        return redirect("admin:calls_application_change", found.pk)

    def _again(self, request: HttpRequest, application: Application) -> FacilityConsent | None:
        """The consent that ``?again=`` names, to be asked anew."""
        rows = [row for row in application.consents.all() if str(row.pk) == request.GET.get("again", "")]
        return rows[0] if rows else None

    def _ask_page(
        self,
        request: HttpRequest,
        application: Application,
        form: ConsentAskForm,
        again: FacilityConsent | None,
        preview: dict[str, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Ask for consent"),
            "opts": self.opts,
            "application": application,
            "form": form,
            "again": again,
            "preview": preview,
            "askable": is_askable(application),
        }
        return TemplateResponse(request, "admin/calls/facilityconsent/ask.html", context, status=status)

    def remind(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Mail once more, with a new link."""
        consent = self._consent(request, pk)
        try:
            consent_remind(consent=consent, actor=request.user)  # type: ignore[arg-type]
        except Conflict as error:
            messages.error(request, error.message)
        else:
            text = gettext("One mail is on its way to %(email)s.")
            messages.success(request, text % {"email": consent.email})
        return redirect("admin:calls_facilityconsent_change", consent.pk)

    def read(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The answer was read."""
        consent = self._consent(request, pk)
        try:
            consent_read(consent=consent, actor=request.user)  # type: ignore[arg-type]
        except Conflict as error:
            messages.error(request, error.message)
        return redirect("admin:calls_facilityconsent_change", consent.pk)

    def void(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Declare the question or its answer void."""
        consent = self._consent(request, pk)
        form = ConsentVoidForm(request.POST)
        if not form.is_valid():
            return self._page(request, consent, form, status=422)
        try:
            consent_void(consent=consent, actor=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        except DomainError as error:
            form.refuse(error)
            return self._page(request, consent, form, status=error.status)
        messages.success(request, gettext("Declared void. This sent no mail."))
        return redirect("admin:calls_facilityconsent_change", consent.pk)
