"""Dead letters for staff: look, replay, discard."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.telemetry.domain.dead_letter import payload_as_text
from apps.telemetry.domain.replay import dead_letter_replay
from apps.telemetry.models import DeadLetter


@admin.register(DeadLetter)
class DeadLetterAdmin(admin.ModelAdmin[DeadLetter]):
    list_display = ["received_at", "reason", "dev_eui", "detail", "times", "state"]
    list_filter = ["state", "reason"]
    search_fields = ["dev_eui", "detail"]
    fields = ("received_at", "state", "reason", "detail", "dev_eui", "topic", "times", "shown_payload")
    readonly_fields = fields
    actions = ["replay"]

    @admin.display(description=_("message"))
    def shown_payload(self, letter: DeadLetter) -> str:
        return payload_as_text(letter)

    @admin.action(description=_("Replay: store them if they can be stored now"), permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        letters = list(queryset.filter(state="kept")[:500])
        stored = sum(dead_letter_replay(letter=letter, actor=request.user) for letter in letters)
        self.message_user(
            request,
            ngettext(
                "%(stored)d of %(count)d message is stored now.",
                "%(stored)d of %(count)d messages are stored now.",
                len(letters),
            )
            % {"stored": stored, "count": len(letters)},
            messages.SUCCESS if stored == len(letters) else messages.WARNING,
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
