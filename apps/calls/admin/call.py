"""Staff make and change calls, with all that stands on their page."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.calls.admin.call_acts import CallActs
from apps.calls.domain import call_create, call_parts_save, call_update
from apps.calls.domain.workflow import CALL_STEPS
from apps.calls.enums import CallState
from apps.calls.forms.call import CallFileForm, CallForm, CallQuestionForm, PartFormSet
from apps.calls.models import Call, CallCriterion, CallFaq, CallFile, CallQuestion
from apps.core.errors import Conflict

#: The browser's own pickers: labelled, and without scripts of Django's admin.
DATE_TIME = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DATES = _("Dates")
_SHORT: Any = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3})}}


class PartInline(admin.StackedInline[Any, Call]):
    #: One empty row, so that a part can be added without scripts.
    extra = 1
    view_on_site = False
    formset = PartFormSet
    formfield_overrides: ClassVar = _SHORT


class CriterionInline(PartInline):
    model = CallCriterion
    fields = (
        ("order", "weight", "scale_min", "scale_max"),
        ("name", "name_en"),
        ("description", "description_en"),
    )


class QuestionInline(PartInline):
    model = CallQuestion
    form = CallQuestionForm
    fields = (
        ("order", "kind", "required"),
        ("label", "label_en"),
        ("reason", "reason_en"),
        ("choices", "choices_en"),
    )


class FaqInline(PartInline):
    model = CallFaq
    fields = ("order", ("question", "question_en"), ("answer", "answer_en"))


class FileInline(PartInline):
    model = CallFile
    form = CallFileForm
    fields = ("order", ("title", "title_en"), "kept", "file")
    readonly_fields = ("kept",)

    @admin.display(description=_("kept file"))
    def kept(self, row: CallFile) -> str:
        if not row.file:
            return gettext("none yet")
        return format_html('<a href="{}">{}</a>', row.get_absolute_url(), row.download_name)


@admin.register(Call)
class CallAdmin(CallActs):
    """The form writes through the domain; the state changes on pages of its own."""

    form = CallForm
    inlines = (CriterionInline, QuestionInline, FaqInline, FileInline)
    formfield_overrides: ClassVar = {
        models.DateTimeField: {"form_class": forms.DateTimeField, "widget": DATE_TIME},
        models.DateField: {"widget": DATE},
    }
    change_form_template = "admin/calls/call/change_form.html"
    list_display = ("title", "code", "state", "opens_at", "closes_at", "decision_on")
    list_filter = ("state", "fiscal_year")
    search_fields = ("code", "title", "title_en")
    readonly_fields = ("state", "published_at", "results_published_at")
    fieldsets: ClassVar = (
        (None, {"fields": (("code", "fiscal_year"), "title", "summary")}),
        (
            DATES,
            {
                "fields": (
                    ("opens_at", "closes_at", "grace_minutes"),
                    ("questions_until", "decision_on"),
                    ("trial_from", "trial_until"),
                ),
                "description": _("In Japan’s time. The page tells them to the minute."),
            },
        ),
        (_("What is lent and asked"), {"fields": ("lent", "eligible", "conditions")}),
        (_("Granted to one trial"), {"fields": (("device_quota", "message_quota"),)}),
        (_("Guideline"), {"fields": ("guideline",)}),
        (_("Themes and briefings"), {"fields": ("themes", "briefings")}),
        (
            _("In English"),
            {
                "classes": ("collapse",),
                "fields": (
                    "title_en",
                    "summary_en",
                    "lent_en",
                    "eligible_en",
                    "conditions_en",
                    "guideline_en",
                ),
            },
        ),
        (_("Publication"), {"fields": ("state", "published_at", "results_published_at")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Call | None = None) -> Any:
        """With the tick for new dates where people rely on the old ones."""
        if obj is None or obj.state != CallState.PUBLISHED:
            return self.fieldsets
        return [
            (title, {**options, "fields": (*options["fields"], "confirmed")} if title == DATES else options)
            for title, options in self.fieldsets
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Themes and briefings are ticked here and made on their own pages."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return False

    def view_on_site(self, obj: Call) -> str | None:
        """Only what is on the site can be seen there; drafts have their preview."""
        return obj.get_absolute_url() if obj.state == CallState.PUBLISHED else None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new call begins from the texts of the last one; its dates do not."""
        last = Call.objects.first()
        texts = ("lent", "eligible", "conditions", "lent_en", "eligible_en", "conditions_en")
        quotas = ("device_quota", "message_quota")
        start = {name: getattr(last, name) for name in (*texts, *quotas)} if last else {}
        return {**start, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Call, form: Any, change: bool) -> None:
        if change:
            confirmed = bool(form.cleaned_data.get("confirmed"))
            call_update(call=obj, actor=request.user, chosen=form.chosen, confirmed=confirmed)
        else:
            call_create(call=obj, actor=request.user, chosen=form.chosen)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Themes and briefings went with the call; its parts go to the domain together."""
        for formset in formsets:
            saved = formset.save(commit=False)
            try:
                call_parts_save(
                    call=form.instance, actor=request.user, saved=saved, deleted=formset.deleted_objects
                )
            except Conflict as error:
                messages.error(request, error.message)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        call = kwargs.get("obj")
        if call is not None:
            context["may_publish"] = (call.state, CallState.PUBLISHED) in CALL_STEPS
            context["may_withdraw"] = (call.state, CallState.CLOSED) in CALL_STEPS
        return super().render_change_form(request, context, *args, **kwargs)
