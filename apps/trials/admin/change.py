"""Staff decide what companies asked to change during their trials."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.trials.domain import change_decide, change_preview
from apps.trials.domain.changing import DecisionPreview
from apps.trials.enums import ChangeState
from apps.trials.forms import DecideForm
from apps.trials.models import TrialChange
from apps.trials.selectors.changes import change_recipient, change_rows
from apps.trials.selectors.versions import standing


@admin.register(TrialChange)
class TrialChangeAdmin(admin.ModelAdmin[TrialChange]):
    """The words are the company's: staff read, decide, see the mail, and send it."""

    list_display = ("trial", "organization", "what", "state", "created_at", "decided_at")
    list_filter = ("state", "trial__fiscal_year")
    search_fields = ("trial__code", "trial__title", "organization__name")
    list_select_related: ClassVar = ("trial", "organization")
    list_per_page = 50
    actions = None

    @admin.display(description=_("what changes"))
    def what(self, change: TrialChange) -> str:
        return pgettext("list", ", ").join(change.kind_labels)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read it (GET), see what the decision does and its mail (POST), decide (POST with ``send``)."""
        change: TrialChange = row_or_404(self, request, object_id)
        form = self._form(request, change)
        if request.method != "POST" or change.state != ChangeState.ASKED:
            return self._page(request, change, form, 409 if request.method == "POST" else 200)
        if not form.is_valid():
            return self._page(request, change, form, 422)
        values = {"granted": form.granted(), "answer": form.cleaned_data["answer"]}
        actor: Any = request.user
        try:
            if "send" not in request.POST:
                preview = change_preview(change=row_or_404(self, request, object_id), **values)
                return self._page(request, change, form, 200, preview)
            done = change_decide(change=change, actor=actor, version=form.cleaned_data["version"], **values)
        except DomainError as error:
            form.refuse(error)
            return self._page(request, row_or_404(self, request, object_id), form, error.status)
        return self._done(request, done)

    def _form(self, request: HttpRequest, change: TrialChange) -> DecideForm:
        facts = standing(change.trial, clock.now())
        return DecideForm(request.POST or None, change=change, standing=facts)

    def _done(self, request: HttpRequest, change: TrialChange) -> HttpResponse:
        mails = 1 if change_recipient(change) else 0
        text = ngettext(
            "Decided. %(count)d mail is on its way.", "Decided. %(count)d mails are on their way.", mails
        )
        messages.success(request, text % {"count": mails} if mails else gettext("Decided. No mail was sent."))
        return redirect("admin:trials_trialchange_change", change.pk)

    def _page(
        self,
        request: HttpRequest,
        change: TrialChange,
        form: DecideForm,
        status: int,
        preview: DecisionPreview | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{change.trial.code} {change.trial.title}",
            "change": change,
            "trial": change.trial,
            "rows": change_rows(change),
            "decided": change.decided_by_id is not None,
            "open": change.state == ChangeState.ASKED,
            "at": form.standing,
            "form": form,
            "preview": preview,
            "mails": 1 if change_recipient(change) else 0,
        }
        return TemplateResponse(request, "admin/trials/trialchange/decide.html", context, status=status)
