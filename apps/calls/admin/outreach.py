"""The log of organizations that staff visited; staff alone see it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.models import User
from apps.calls.admin.acts import ActsAdmin
from apps.calls.domain.outreach import visit_save, visit_step_done
from apps.calls.forms.asking import Words
from apps.calls.models import OutreachVisit
from apps.core import clock
from apps.organizations.models import Organization


class VisitForm(forms.ModelForm[OutreachVisit]):
    class Meta:
        model = OutreachVisit
        fields = (
            "visited_on",
            "organization_name",
            "organization",
            "people",
            "manner",
            "place",
            "notes",
            "next_step",
            "next_on",
            "next_done",
            "staff",
            "call",
        )
        labels = {"organization": _("registered organization")}
        field_classes = dict.fromkeys(("organization_name", "people", "place", "notes", "next_step"), Words)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = {
            "organization": Organization.objects.present().order_by("name"),
            "staff": User.objects.filter(is_staff=True, is_active=True).order_by("name"),
        }
        for name, rows in choices.items():
            if name in self.fields:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]


@admin.register(OutreachVisit)
class OutreachVisitAdmin(ActsAdmin):
    folder = "outreachvisit"
    form = VisitForm
    change_form_template = "admin/calls/outreachvisit/change_form.html"
    change_list_template = "admin/calls/outreachvisit/change_list.html"
    list_display = (
        "visited_on",
        "organization_name",
        "manner",
        "people",
        "next_step",
        "next_on",
        "next_done",
    )
    list_display_links = ("visited_on", "organization_name")
    list_filter = ("next_done", "manner", "call", "staff")
    date_hierarchy = "visited_on"
    search_help_text = _("Organization, people, place or notes; two characters are enough")
    fieldsets: ClassVar = (
        (
            None,
            {"fields": ("visited_on", "organization_name", "organization", "people", ("manner", "place"))},
        ),
        (None, {"fields": ("notes", "call", "staff")}),
        (_("Next step"), {"fields": ("next_step", "next_on", "next_done")}),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"visited_on": clock.local_date(), "staff": request.user.pk}

    def save_model(self, request: HttpRequest, obj: OutreachVisit, form: Any, change: bool) -> None:
        visit_save(visit=obj, actor=request.user)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "calls_outreachvisit"
        own = [
            path("csv/", wrap(require_safe(self.download)), name=f"{name}_csv"),
            path("<uuid:pk>/step-done/", wrap(require_POST(self.step_done)), name=f"{name}_step_done"),
        ]
        return [*own, *super().get_urls()]

    def step_done(self, request: HttpRequest, pk: Any) -> HttpResponse:
        row = self.found_row(request, pk)
        visit_step_done(visit=row, actor=request.user)
        return self.done(request, row, gettext("The next step is done."))

    def download(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list as a CSV file."""
        head = (_("day"), _("organization"), _("people met"), _("manner"), _("place"), _("notes"))
        more = (_("next step"), _("next step by"), _("next step done"), _("member of staff"), _("call"))
        rows = self.listed(request).select_related("staff", "call")
        return self.csv((*head, *more), map(_line, rows))


def _line(row: OutreachVisit) -> list[str]:
    return [
        row.visited_on.isoformat(),
        row.organization_name,
        row.people,
        row.get_manner_display(),
        row.place,
        row.notes,
        row.next_step,
        row.next_on.isoformat() if row.next_on else "",
        gettext("yes") if row.next_done else "",
        row.staff.name or row.staff.email,
        row.call.title if row.call else "",
    ]
