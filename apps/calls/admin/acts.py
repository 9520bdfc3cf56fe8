"""What the staff's pages about questions, consultations and visits share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from apps.calls.selectors.asking import found
from apps.core import clock
from apps.core.admin_tools import row_or_404
from apps.core.csv_file import CONTENT_TYPE, csv_lines
from apps.core.errors import Conflict, InvalidInput


class ActsAdmin(admin.ModelAdmin[Any]):
    """Rows are never deleted; a search finds two-character words; acts have pages of their own."""

    list_per_page = 50
    actions = None
    folder = ""
    formfield_overrides: ClassVar = {
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 5})},
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    }
    search_fields = ("search_text",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return found(queryset, search_term), False

    def found_row(self, request: HttpRequest, pk: Any) -> Any:
        return row_or_404(self, request, pk)

    def page(
        self, request: HttpRequest, name: str, row: Any, status: int = 200, **context: Any
    ) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": str(row), "row": row}
        template = f"admin/calls/{self.folder}/{name}.html"
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def done(self, request: HttpRequest, row: Any, words: str) -> HttpResponse:
        messages.success(request, words)
        return redirect(f"admin:calls_{self.folder}_change", row.pk)

    def attempt(self, form: forms.Form, act: Callable[[], Any]) -> int:
        """Do ``act``; 0, or the status of the page that shows in ``form`` why it was refused."""
        try:
            act()
        except InvalidInput as error:
            for name, texts in error.fields.items():
                form.add_error(name if name in form.fields else None, texts)
            return 422
        except Conflict as error:
            form.add_error(None, error.message)
            return 409
        return 0

    def csv(self, head: Sequence[Any], lines: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
        """The rows of the list as it is filtered."""
        name = f"{self.folder}-{clock.local_date():%Y%m%d}.csv"
        rows = [[str(cell) for cell in head], *lines]
        response = StreamingHttpResponse(csv_lines(rows), content_type=CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def listed(self, request: HttpRequest) -> Any:
        """What the list shows with the filters and words of the address; refuses who may not see it."""
        if not self.has_view_permission(request):
            raise Http404
        try:
            return self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            raise Http404 from None
