"""What staff do with a call on pages of their own: preview, publish, take off the site, clone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from apps.calls.domain import call_clone, call_publish, call_withdraw
from apps.calls.domain.call_clone import a_year_later, next_years, proposed_code
from apps.calls.domain.workflow import CALL_STEPS
from apps.calls.enums import CallState
from apps.calls.models import Call
from apps.calls.selectors.call_page import call_page
from apps.calls.selectors.call_staff import publish_notes
from apps.calls.selectors.calls import shown_call
from apps.core.admin_tools import row_or_404
from apps.core.errors import Conflict


class CallActs(admin.ModelAdmin[Call]):
    """Each act asks on a page of its own (GET) and is done by its button (POST)."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        acts = {
            "preview": self.preview,
            "publish": self.publish,
            "withdraw": self.withdraw,
            "clone": self.clone,
        }
        own = [path(f"<uuid:pk>/{name}/", wrap(act), name=f"calls_call_{name}") for name, act in acts.items()]
        return [*own, *super().get_urls()]

    def _call(self, request: HttpRequest, pk: Any) -> Call:
        call: Call = row_or_404(self, request, pk)
        return call

    def preview(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The call in the very template that the public will see."""
        page = call_page(self._call(request, pk))
        context = {"page": page, "shown": page.shown, "call": page.call, "preview": True}
        return render(request, "calls/call_detail.html", context)

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        done = gettext("The call is published. No mail was sent.")
        return self._act(request, pk, CallState.PUBLISHED, call_publish, "publish", done)

    def withdraw(self, request: HttpRequest, pk: Any) -> HttpResponse:
        done = gettext("The call is off the site. No mail was sent.")
        return self._act(request, pk, CallState.CLOSED, call_withdraw, "withdraw", done)

    def clone(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Make next year's draft from this call."""
        call = self._call(request, pk)
        if request.method == "POST":
            made = self._try(request, call_clone, call)
            if made is not None:
                messages.success(
                    request, gettext("The draft is made. Check its dates and texts, then publish it.")
                )
            return redirect("admin:calls_call_change", (made or call).pk)
        dates = ("opens_at", "closes_at", "decision_on", "trial_from", "trial_until")
        context = {
            "code": proposed_code(call),
            "next_title": next_years(call.title, call.fiscal_year),
            "dates": {name: a_year_later(getattr(call, name)) for name in dates},
        }
        return self._page(request, call, "clone", context)

    def _act(
        self,
        request: HttpRequest,
        pk: Any,
        target: CallState,
        act: Callable[..., Call],
        name: str,
        done: str,
    ) -> HttpResponse:
        call = self._call(request, pk)
        if request.method == "POST":
            if self._try(request, act, call) is not None:
                messages.success(request, done)
            return redirect("admin:calls_call_change", call.pk)
        if (call.state, target) not in CALL_STEPS:
            return redirect("admin:calls_call_change", call.pk)
        return self._page(request, call, name, {"notes": publish_notes(call) if name == "publish" else []})

    def _try(self, request: HttpRequest, act: Callable[..., Call], call: Call) -> Call | None:
        """What ``act`` answers; None when it was refused, which the next page says."""
        try:
            return act(call=call, actor=request.user)
        except Conflict as error:
            messages.error(request, error.message)
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
        return None

    def _page(self, request: HttpRequest, call: Call, name: str, own: dict[str, Any]) -> TemplateResponse:
        frame = {
            **self.admin_site.each_context(request),
            "title": call.title,
            "opts": self.opts,
            "call": call,
            "shown": shown_call(call),
        }
        return TemplateResponse(request, f"admin/calls/call/{name}.html", {**frame, **own})
