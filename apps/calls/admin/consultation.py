"""The log of prior consultations: requests from the site and by phone, days, notes."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.calls.admin.acts import ActsAdmin
from apps.calls.domain.consultation import (
    CONSULTATION_STEPS,
    EDITABLE,
    consultation_arrange,
    consultation_cancel,
    consultation_done,
    consultation_reopen,
    consultation_save,
)
from apps.calls.enums import ConsultationState
from apps.calls.forms.asking import MOST_TEXT, ArrangeForm, CancelForm, DoneForm, VersionForm, Words
from apps.calls.models import Application, Consultation
from apps.core import clock
from apps.core.text import clean_text
from apps.organizations.models import Organization


class ByNumber(forms.CharField):
    """An application named by its number: there may be thousands to choose from."""

    def to_python(self, value: Any) -> Any:
        code = super().to_python(clean_text(value) if isinstance(value, str) else value)
        if not code:
            return None
        found = Application.objects.submitted().filter(code=code).first()
        if found is None:
            raise ValidationError(_("There is no application of this number."))
        return found

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, uuid.UUID):
            return Application.objects.filter(pk=value).values_list("code", flat=True).first()
        return value


class ConsultationAdminForm(forms.ModelForm[Consultation]):
    """What staff write down; only what can be chosen is offered."""

    application = ByNumber(
        label=_("application"),
        required=False,
        help_text=_("Its number, for example 2026-015."),
        widget=forms.TextInput(attrs={"maxlength": "20"}),
    )

    class Meta:
        model = Consultation
        fields = EDITABLE
        labels = {"organization": _("registered organization")}
        field_classes = dict.fromkeys(
            ("organization_name", "contact_name", "phone", "topic", "wishes", "staff_notes"), Words
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "staff_notes" in self.fields:
            self.fields["staff_notes"].validators.append(MaxLengthValidator(MOST_TEXT))
        if "organization" in self.fields:
            rows = Organization.objects.present().order_by("name")
            self.fields["organization"].queryset = rows  # type: ignore[attr-defined]


@admin.register(Consultation)
class ConsultationAdmin(ActsAdmin):
    folder = "consultation"
    form = ConsultationAdminForm
    change_form_template = "admin/calls/consultation/change_form.html"
    change_list_template = "admin/calls/consultation/change_list.html"
    list_display = ("who", "call", "state", "meeting_at", "short_topic", "handled_by", "created_at")
    list_filter = ("state", "call", "handled_by")
    list_select_related: ClassVar = ("call", "handled_by")
    search_help_text = _("Organization, name, address or words of the talk; two characters are enough")
    readonly_fields = ("state", "meeting_at", "meeting_place", "handled_by", "created_at")
    fieldsets: ClassVar = (
        (None, {"fields": ("state", ("meeting_at", "meeting_place"), "handled_by", "created_at")}),
        (_("Request"), {"fields": ("call", "topic", "wishes")}),
        (
            _("Who asks"),
            {"fields": ("organization_name", "contact_name", ("email", "phone"), "language")},
        ),
        (_("For staff"), {"fields": ("staff_notes", "organization", "application")}),
    )

    @admin.display(description=_("who"), ordering="organization_name")
    def who(self, consultation: Consultation) -> str:
        return str(consultation)

    @admin.display(description=_("what to talk about"))
    def short_topic(self, consultation: Consultation) -> str:
        topic = consultation.topic
        return topic if len(topic) <= 40 else f"{topic[:40]}…"

    def save_model(self, request: HttpRequest, obj: Consultation, form: Any, change: bool) -> None:
        consultation_save(consultation=obj, actor=request.user)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "calls_consultation"
        own = [
            path("csv/", wrap(require_safe(self.download)), name=f"{name}_csv"),
            path("<uuid:pk>/arrange/", wrap(self.arrange), name=f"{name}_arrange"),
            path("<uuid:pk>/done/", wrap(self.take_place), name=f"{name}_done"),
            path("<uuid:pk>/cancel/", wrap(self.cancel), name=f"{name}_cancel"),
            path("<uuid:pk>/reopen/", wrap(require_POST(self.reopen)), name=f"{name}_reopen"),
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            targets = {target for source, target in CONSULTATION_STEPS if source == row.state}
            context["may"] = {target: target in targets for target in ConsultationState.values}
        return super().render_change_form(request, context, *args, **kwargs)

    def _act(
        self, request: HttpRequest, pk: Any, name: str, target: str, kind: Any, act: Any, words: str
    ) -> HttpResponse:
        """Ask on a page of its own (GET), then do it (POST)."""
        row = self.found_row(request, pk)
        form = kind(request.POST or None, initial=_start(kind, row))
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                status = self.attempt(form, lambda: act(row, form.cleaned_data))
            if not status:
                return self.done(request, row, words)
        if (row.state, target) not in CONSULTATION_STEPS:
            return redirect("admin:calls_consultation_change", row.pk)
        return self.page(request, name, row, status, form=form, mails=1 if row.email else 0)

    def arrange(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Day and place; the mail says them."""

        def act(row: Consultation, data: dict[str, Any]) -> None:
            consultation_arrange(consultation=row, actor=request.user, **data)

        mails = 1 if self.found_row(request, pk).email else 0
        words = (
            gettext("Arranged. One mail is on its way.") if mails else gettext("Arranged. No mail was sent.")
        )
        return self._act(request, pk, "arrange", ConsultationState.ARRANGED, ArrangeForm, act, words)

    def take_place(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """It took place: what was said."""

        def act(row: Consultation, data: dict[str, Any]) -> None:
            consultation_done(consultation=row, actor=request.user, **data)

        words = gettext("Noted. No mail was sent.")
        return self._act(request, pk, "done", ConsultationState.DONE, DoneForm, act, words)

    def cancel(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """It does not take place; the button decides whether a mail says so."""
        tell = "tell" in request.POST

        def act(row: Consultation, data: dict[str, Any]) -> None:
            consultation_cancel(consultation=row, actor=request.user, tell=tell, **data)

        told = tell and bool(self.found_row(request, pk).email)
        words = (
            gettext("Cancelled. One mail is on its way.") if told else gettext("Cancelled. No mail was sent.")
        )
        return self._act(request, pk, "cancel", ConsultationState.CANCELLED, CancelForm, act, words)

    def reopen(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self.found_row(request, pk)
        form = VersionForm(request.POST)
        form.full_clean()
        if self.attempt(form, lambda: consultation_reopen(consultation=row, actor=request.user)):
            return redirect("admin:calls_consultation_change", row.pk)
        return self.done(request, row, gettext("Taken up again. No mail was sent."))

    def download(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list as a CSV file."""
        head = (_("received"), _("state"), _("call"), _("organization"), _("name"), _("e-mail"), _("phone"))
        more = (
            _("what to talk about"),
            _("when it suits"),
            _("meeting"),
            _("place or link"),
            _("notes of the city"),
        )
        rows = self.listed(request).select_related("call", "application")
        return self.csv((*head, *more), map(_line, rows))


def _start(kind: Any, row: Consultation) -> dict[str, Any]:
    if kind is ArrangeForm:
        return ArrangeForm.start(row)
    return {"version": row.version, "staff_notes": row.staff_notes}


def _moment(value: Any) -> str:
    return f"{value.astimezone(clock.TOKYO):%Y-%m-%d %H:%M}" if value else ""


def _line(row: Consultation) -> list[str]:
    return [
        _moment(row.created_at),
        row.get_state_display(),
        row.call.title if row.call else "",
        row.organization_name,
        row.contact_name,
        row.email,
        row.phone,
        row.topic,
        row.wishes,
        _moment(row.meeting_at),
        row.meeting_place,
        row.staff_notes,
        row.application.code if row.application else "",
    ]
