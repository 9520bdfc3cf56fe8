"""Staff look at mails as they will be sent, release them by batch, discard, send again."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import admin, messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from apps.core.admin_tools import row_or_404
from apps.core.errors import DomainError
from apps.outbox import domain
from apps.outbox.enums import JobState, MessageState
from apps.outbox.models import Job, Message
from apps.outbox.selectors import held_batch, late


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows are written by the portal; staff act on them by buttons."""

    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _found(self, request: HttpRequest, pk: Any) -> Any:
        return row_or_404(self, request, pk)


class BatchFilter(admin.SimpleListFilter):
    """Batches that have mails; those without a batch are not a choice."""

    title = _("batch")
    parameter_name = "batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = Message.objects.exclude(batch="").order_by("batch").values_list("batch", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(batch=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("subject", "to_email", "state", "batch", "created_at", "sent_at", "attempts")
    list_filter = ("state", BatchFilter, "language")
    search_fields = ("to_email", "subject", "batch")
    search_help_text = _("Address, subject or batch")
    date_hierarchy = "created_at"
    actions = None

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("batch/", wrap(require_GET(self.batch)), name="outbox_message_batch"),
            path("batch/release/", wrap(require_POST(self.release)), name="outbox_message_release"),
            path("batch/discard/", wrap(require_POST(self.discard_all)), name="outbox_message_discard_all"),
            path("<uuid:pk>/discard/", wrap(require_POST(self.discard)), name="outbox_message_discard"),
            path(
                "<uuid:pk>/attachments/<int:number>/",
                wrap(require_safe(self.attachment)),
                name="outbox_message_attachment",
            ),
            path("<uuid:pk>/again/", wrap(require_POST(self.again)), name="outbox_message_again"),
        ]
        return [*own, *super().get_urls()]

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/outbox/message/{template}.html", {**frame, **context})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The mail exactly as it is sent, and what can be done with it."""
        message = self._found(request, object_id)
        return self._page(
            request,
            "preview",
            title=message.subject,
            message=message,
            may_discard=message.state in (MessageState.HELD, MessageState.FAILED),
            may_send_again=message.state == MessageState.FAILED and not message.secret,
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with a word on top while mails do not leave."""
        stuck = late() if request.method == "GET" else {"mails": 0}
        if stuck["mails"]:
            words = _text("Mails wait because the mail server does not take them: %(error)s")
            messages.warning(request, words % {"error": stuck["error"] or _text("no answer")})
        return super().changelist_view(request, extra_context)

    def _allowed(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise Http404

    def batch(self, request: HttpRequest) -> HttpResponse:
        """Before release: how many mails, what they say, and to whom."""
        self._allowed(request)
        held = held_batch(request.GET.get("batch", ""))
        return self._page(request, "batch", title=_text("Mails before sending"), batch=held)

    def release(self, request: HttpRequest) -> HttpResponse:
        """Release the batch that was shown."""
        return self._on_batch(request, domain.batch_release, _released)

    def discard_all(self, request: HttpRequest) -> HttpResponse:
        """Discard the batch that was shown."""
        return self._on_batch(request, domain.batch_discard, _discarded)

    def _on_batch(self, request: HttpRequest, act: Any, words: Any) -> HttpResponse:
        self._allowed(request)
        name, shown, seen = (request.POST.get(field, "") for field in ("batch", "count", "seen"))
        back = f"{reverse('admin:outbox_message_batch')}?{urlencode({'batch': name})}"
        if not shown.isdecimal() or len(shown) > 6:
            raise Http404
        try:
            count = act(batch=name, actor=request.user, expected=int(shown), seen=seen)
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(back)
        messages.success(request, words(count))
        return redirect("admin:index")

    def attachment(self, request: HttpRequest, pk: Any, number: int) -> HttpResponse:
        """The attachment as the mail takes it (or took it), to be saved."""
        message = self._found(request, pk)
        if number >= len(message.attachments):
            raise Http404
        row = message.attachments[number]
        try:
            content, content_type = domain.attachment_build(row, message.language)
        except Exception as error:  # noqa: BLE001, RUF100 -- whatever a builder raises is shown to staff
            words = {"name": row["name"], "error": f"{type(error).__name__}: {error}"[:200]}
            messages.error(request, _text("%(name)s cannot be made now: %(error)s") % words)
            return redirect("admin:outbox_message_change", message.pk)
        response = FileResponse(
            io.BytesIO(content), as_attachment=True, filename=row["name"], content_type=content_type
        )
        response["Cache-Control"] = "private, no-store"
        return response  # type: ignore[return-value]

    def discard(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self._on_one(request, pk, domain.message_discard, _("The mail is discarded."))

    def again(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self._on_one(request, pk, domain.message_send_again, _("One mail is on its way."))

    def _on_one(self, request: HttpRequest, pk: Any, act: Any, words: Any) -> HttpResponse:
        message = self._found(request, pk)
        try:
            act(message=message, actor=request.user)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, words)
        return redirect("admin:outbox_message_change", message.pk)


def _released(count: int) -> str:
    if not count:
        return _text("These mails are on their way or discarded already. Nothing more was sent.")
    return ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count) % {
        "count": count
    }


def _discarded(count: int) -> str:
    return ngettext("%(count)d mail is discarded.", "%(count)d mails are discarded.", count) % {
        "count": count
    }


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("kind", "state", "attempts", "last_error", "created_at", "next_attempt_at")
    list_filter = ("state", "kind")
    fields = (
        "kind",
        "state",
        "payload",
        "attempts",
        "next_attempt_at",
        "last_error",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields
    actions = ("run_again",)

    @admin.action(description=_("Run the failed ones again"))
    def run_again(self, request: HttpRequest, queryset: Any) -> None:
        failed = list(queryset.filter(state=JobState.FAILED))
        for job in failed:
            domain.job_run_again(job=job, actor=request.user)
        messages.success(
            request,
            ngettext("%(count)d job is queued again.", "%(count)d jobs are queued again.", len(failed))
            % {"count": len(failed)},
        )
