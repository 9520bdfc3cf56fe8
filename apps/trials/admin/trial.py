"""Trials in the admin: what the public reads, the places, the quotas, who takes part, the state.

Everything is written by ``trial_apply`` at once, so that one saving is one version of the trial.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.forms import DateInput, Textarea
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.trials.admin.parts import ParticipantInline, QuotaInline, SiteInline, TrialForm, edit_from
from apps.trials.admin.project import ProjectMixin
from apps.trials.domain import EDITABLE, TRANSITIONS, trial_apply, trial_set_state
from apps.trials.enums import TrialState
from apps.trials.forms import StateForm
from apps.trials.models import Trial
from apps.trials.selectors.changes import changes_of, history


@admin.register(Trial)
class TrialAdmin(ProjectMixin, admin.ModelAdmin[Trial]):
    """Trials open by themselves when a company accepts; the city's own are opened here. None is deleted."""

    form = TrialForm
    change_form_template = "admin/trials/trial/change_form.html"
    list_display = ("code", "title", "organization", "kind", "fiscal_year", "phase_word", "is_public")
    list_filter = ("fiscal_year", "kind", "state", "is_public")
    search_fields = ("code", "title", "organization__name")
    list_select_related = ("organization",)
    list_per_page = 50
    readonly_fields = ("code", "kind", "organization", "application", "fiscal_year", "phase_word", "version")
    fieldsets: ClassVar = (
        (None, {"fields": ("seen", "code", "kind", "organization", "application", "phase_word", "version")}),
        (
            _("Plan"),
            {"fields": ("title", "title_en", "summary", "summary_en", "need", "measure", "learning")},
        ),
        (_("Period and conditions"), {"fields": ("starts_on", "ends_on", "report_due_on", "conditions")}),
        (_("Public page"), {"fields": ("is_public", "themes")}),
    )
    formfield_overrides: ClassVar = {
        models.TextField: {"widget": Textarea(attrs={"rows": 4})},
        models.DateField: {"widget": DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    }
    inlines = (QuotaInline, SiteInline, ParticipantInline)
    actions = ("stop_early", "resume")

    @admin.display(description=_("state"))
    def phase_word(self, trial: Trial) -> str:
        return str(trial.phase().label)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [path("<uuid:pk>/state/", wrap(self.state_view), name="trials_trial_state")]
        return [*own, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; what the domain refused after it (someone was quicker) stands on the page anew."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        trial = kwargs.get("obj")
        if trial is not None:
            context |= {"trial_history": history(trial), "trial_changes": list(changes_of(trial))}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Trial, form: Any, change: bool) -> None:
        """Nothing yet: fields and rows are written together."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Everything of the page in one act, as one version."""
        for formset in formsets:
            formset.save(commit=False)
        actor: Any = request.user
        fields = {name: form.cleaned_data[name] for name in EDITABLE if name in form.cleaned_data}
        seen = form.cleaned_data.get("seen")
        trial_apply(trial=form.instance, edit=edit_from(fields, formsets), actor=actor, version=seen)

    def state_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Pause, go on, early end, withdrawal: staff's own act, with its day."""
        trial: Trial = row_or_404(self, request, pk)
        states = [state for state, sources in TRANSITIONS.items() if trial.state in sources]
        start = {"version": trial.version, "on": clock.local_date()}
        form = StateForm(request.POST or None, states=states, initial=start)
        status = self._set_state(request, trial, form) if request.method == "POST" else 200
        if not status:
            messages.success(request, gettext("Done. No mail was sent."))
            return redirect("admin:trials_trial_change", trial.pk)
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": str(trial)}
        context = {**frame, "trial": trial, "form": form}
        return TemplateResponse(request, "admin/trials/trial/state.html", context, status=status)

    def _set_state(self, request: HttpRequest, trial: Trial, form: StateForm) -> int:
        """Set the state; 0, or the status of the page that says why not."""
        if not form.is_valid():
            return 422
        actor: Any = request.user
        data = form.cleaned_data
        values = {"on": data["on"], "reason": data["reason"], "version": data["version"]}
        try:
            trial_set_state(trial=trial, state=TrialState(data["state"]), actor=actor, **values)
        except DomainError as error:
            form.refuse(error)
            return error.status
        return 0

    @admin.action(description=_("Say that the chosen trials ended early"))
    def stop_early(self, request: HttpRequest, queryset: QuerySet[Trial]) -> None:
        self._set(request, queryset, TrialState.STOPPED)

    @admin.action(description=_("Take back that the chosen trials ended early"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Trial]) -> None:
        self._set(request, queryset, TrialState.ACTIVE)

    def _set(self, request: HttpRequest, queryset: QuerySet[Trial], state: TrialState) -> None:
        actor: Any = request.user
        done = 0
        for trial in queryset:
            try:
                trial_set_state(trial=trial, state=state, actor=actor)
                done += 1
            except DomainError as error:
                messages.error(request, f"{trial.code}: {error.message}")
        text = ngettext(
            "%(count)d trial changed. No mail was sent.", "%(count)d trials changed. No mail was sent.", done
        )
        messages.success(request, text % {"count": done})
