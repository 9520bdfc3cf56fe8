"""Dead letters for staff: look, replay, discard."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.telemetry.domain.dead_letter import payload_as_text
from apps.telemetry.domain.replay import dead_letter_discard, dead_letters_replay
from apps.telemetry.forms.dead_letter import DiscardForm
from apps.telemetry.models import DeadLetter
from apps.telemetry.selectors.dead_letters import advice


@admin.register(DeadLetter)
class DeadLetterAdmin(admin.ModelAdmin[DeadLetter]):
    list_display = ["received_at", "state", "reason_in_short", "dev_eui", "times"]
    list_per_page = 50
    list_filter = ["state", "reason"]
    search_fields = ["dev_eui", "detail"]
    change_form_template = "admin/telemetry/deadletter/change_form.html"
    fields = (
        "received_at",
        "state",
        "discard_reason",
        "reason",
        "advice",
        "detail",
        "dev_eui",
        "topic",
        "times",
        "shown_payload",
    )
    readonly_fields = fields
    actions = ["replay"]

    @admin.display(description=_("reason"), ordering="reason")
    def reason_in_short(self, letter: DeadLetter) -> str:
        detail = Truncator(letter.detail).chars(60)
        return format_html('{}<br><span class="note">{}</span>', letter.get_reason_display(), detail)

    @admin.display(description=_("what to do"))
    def advice(self, letter: DeadLetter) -> str:
        return advice(letter)

    @admin.display(description=_("message"))
    def shown_payload(self, letter: DeadLetter) -> str:
        return payload_as_text(letter)

    @admin.action(description=_("Replay: store them if they can be stored now"), permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        stored, count = dead_letters_replay(letters=list(queryset[:500]), actor=request.user)
        self.message_user(
            request,
            ngettext(
                "%(stored)d of %(count)d message is stored now.",
                "%(stored)d of %(count)d messages are stored now.",
                count,
            )
            % {"stored": stored, "count": count},
            messages.SUCCESS if stored == count else messages.WARNING,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<uuid:pk>/discard/", wrap(self.discard), name="telemetry_deadletter_discard")
        return [own, *super().get_urls()]

    def discard(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Ask why it is not needed (GET), discard it (POST)."""
        letter = row_or_404(self, request, pk)
        form, status = DiscardForm(request.POST or None), 200
        if request.method == "POST":
            status = self._discarded(request, letter, form)
            if status == 302:
                return redirect("admin:telemetry_deadletter_changelist")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "letter": letter}
        context |= {"title": str(letter), "form": form, "advice": advice(letter)}
        return TemplateResponse(request, "admin/telemetry/deadletter/discard.html", context, status=status)

    def _discarded(self, request: HttpRequest, letter: DeadLetter, form: DiscardForm) -> int:
        if not form.is_valid():
            return 422
        try:
            dead_letter_discard(letter=letter, actor=request.user, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, error.message)
            return error.status
        self.message_user(
            request, _("The message is discarded. It stays in the list of all."), messages.SUCCESS
        )
        return 302
