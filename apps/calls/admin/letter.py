"""Letters of the city: the list, their files; the time to answer; the waiting list."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_safe

from apps.calls.admin.letter_acts import AnswerActs
from apps.calls.domain.answering import decision_letters_anew
from apps.calls.domain.letter import LetterDamaged, letter_content, letter_name
from apps.calls.models import Call, Letter
from apps.calls.selectors.waitlist import letters_waiting
from apps.core.errors import DomainError
from apps.core.pdf import PdfFailed

_FOLDER = "admin/calls/letter"


@admin.register(Letter)
class LetterAdmin(AnswerActs):
    """Letters are issued by what they tell of; nobody writes, changes or removes one here."""

    list_display = ("number", "kind", "addressed", "code", "issued_on", "standing")
    list_filter = ("kind", "fiscal_year", "language")
    search_fields = ("number", "addressee", "application__code", "trial_code")
    search_help_text = gettext_lazy("Number, addressee, application or trial")
    list_select_related = ("application",)
    list_per_page = 50
    actions = None

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/file/", wrap(require_safe(self.file)), name="calls_letter_file"),
            path("call/<uuid:pk>/anew/", wrap(self.anew), name="calls_letter_anew"),
        ]
        return [*own, *self.act_urls(), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        return super().get_queryset(request).select_related("application", "organization", "created_by")

    @admin.display(description=gettext_lazy("addressee"), ordering="addressee")
    def addressed(self, letter: Letter) -> str:
        return letter.addressee.replace("\n", "　")[:80]

    @admin.display(description=gettext_lazy("application or trial"))
    def code(self, letter: Letter) -> str:
        return letter.application.code if letter.application else letter.trial_code

    @admin.display(description=gettext_lazy("state"))
    def standing(self, letter: Letter) -> str:
        if letter.voided_at:
            return pgettext("letter", "void")
        return pgettext("letter", "told") if letter.told_at else pgettext("letter", "not told yet")

    def page(
        self, request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"{_FOLDER}/{name}.html", {**frame, **context}, status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the letter says, and its file."""
        letter = self.get_object(request, object_id)
        if letter is None or not self.has_view_or_change_permission(request, letter):
            raise Http404
        return self.page(request, "letter", letter.number, letter=letter, standing=self.standing(letter))

    def file(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The PDF as it was made, once."""
        letter = self.get_object(request, str(pk))
        if letter is None or not self.has_view_or_change_permission(request, letter):
            raise Http404
        try:
            content = letter_content(letter)
        except (PdfFailed, LetterDamaged) as error:
            messages.error(request, _("The letter cannot be opened: %(error)s") % {"error": str(error)[:200]})
            return redirect("admin:calls_letter_change", letter.pk)
        response = FileResponse(
            io.BytesIO(content),
            as_attachment=True,
            filename=letter_name(letter),
            content_type="application/pdf",
        )
        response["Cache-Control"] = "private, no-store"
        return response  # type: ignore[return-value]

    def anew(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Letters and mails that wait are written anew with the dates of today (POST)."""
        call = Call.objects.filter(pk=pk).first()
        if call is None or not self.has_change_permission(request):
            raise Http404
        if request.method == "POST":
            return self._anew(request, call)
        return self.page(
            request, "anew", _("Write the letters anew"), call=call, letters=letters_waiting(call)
        )

    def _anew(self, request: HttpRequest, call: Call) -> HttpResponse:
        try:
            count = decision_letters_anew(call=call, actor=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, error.message)
            return redirect("admin:calls_letter_anew", call.pk)
        text = ngettext(
            "%(count)d letter is written anew. No mail was sent.",
            "%(count)d letters are written anew. No mail was sent.",
            count,
        )
        messages.success(request, text % {"count": count})
        return redirect("admin:calls_letter_anew", call.pk)
