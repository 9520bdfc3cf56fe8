"""The acts of a deliberation, each on a page of its own: decide, sign, make final, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calls.domain.deciding import closed_words, decision_save, decisions_sign
from apps.calls.domain.mails import decision_batch
from apps.calls.domain.publishing import decisions_publish, decisions_take_back
from apps.calls.forms.deciding import QuietDecisionForm, chosen_versions, decision_start
from apps.calls.models import Application, Call, Decision
from apps.calls.selectors.deliberation import granted_load
from apps.calls.selectors.deliberation_panel import panel_of
from apps.calls.selectors.publishing import final_of, load_warnings, plan_of, signing_of
from apps.core.errors import DomainError

_FOLDER = "admin/calls/deliberation"


class DecisionActs(admin.ModelAdmin[Decision]):
    """Rows are written by the acts alone."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def act_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        acts = {"sign": self.sign, "publish": self.publish, "take-back": self.take_back}
        name = "calls_decision"
        return [
            path("application/<uuid:pk>/", wrap(self.panel), name=f"{name}_panel"),
            *[
                path(f"<uuid:pk>/{end}/", wrap(view), name=f"{name}_{end.replace('-', '_')}")
                for end, view in acts.items()
            ],
        ]

    def page(
        self, request: HttpRequest, name: str, title: str, *, status: int = 200, **context: Any
    ) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        may_act = self.has_change_permission(request)
        return TemplateResponse(
            request, f"{_FOLDER}/{name}.html", {**frame, "may_act": may_act, **context}, status=status
        )

    def call_of(self, request: HttpRequest, pk: Any, change: bool = False) -> Call:
        allowed = self.has_change_permission if change else self.has_view_or_change_permission
        call = Call.objects.filter(pk=pk).first()
        if call is None or not allowed(request):
            raise Http404
        return call

    def panel(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """One application: what each reviewer says, and the quiet decision (POST keeps it)."""
        application = self._application(request, pk)
        if request.method != "POST":
            return self._panel_page(request, application, None)
        form = QuietDecisionForm(request.POST)
        if not form.is_valid():
            return self._panel_page(request, application, form, status=422)
        actor: Any = request.user
        try:
            decision = decision_save(application=application, actor=actor, **form.decision_values)
        except DomainError as error:
            form.refuse(error)
            return self._panel_page(request, self._application(request, pk), form, status=error.status)
        self._say_kept(request, application, decision)
        following = panel_of(application).following
        if "next" in request.POST and following is not None:
            return redirect("admin:calls_decision_panel", following.pk)
        return redirect("admin:calls_decision_panel", application.pk)

    def _say_kept(self, request: HttpRequest, application: Application, decision: Decision | None) -> None:
        if decision is None or not decision.outcome:
            messages.success(request, _("%(code)s is open again.") % {"code": application.code})
            return
        words = _("%(code)s: %(outcome)s. Kept quietly; no mail was sent. Another member of staff signs.")
        said = {"code": application.code, "outcome": decision.get_outcome_display()}
        messages.success(request, words % said)
        for line in load_warnings(granted_load(application.call)):
            messages.warning(request, line)

    def _application(self, request: HttpRequest, pk: Any) -> Application:
        """An application that was handed in; drafts are the applicants' own."""
        change = request.method == "POST"
        allowed = self.has_change_permission if change else self.has_view_or_change_permission
        rows = Application.objects.submitted().select_related("call", "decided_by", "created_by")
        application = rows.filter(pk=pk).first()
        if application is None or not allowed(request):
            raise Http404
        return application

    def _panel_page(
        self,
        request: HttpRequest,
        application: Application,
        form: QuietDecisionForm | None,
        status: int = 200,
    ) -> HttpResponse:
        panel = panel_of(application)
        start = decision_start(application, panel.decision, request.GET.get("outcome", ""))
        if form is not None and status == 409:
            # What was typed stays; the next press is about what is kept now.
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["version"] = str(panel.decision.version if panel.decision else 0)  # type: ignore[index]
        return self.page(
            request,
            "panel",
            f"{application.code} {application.title}",
            status=status,
            application=application,
            call=application.call,
            panel=panel,
            closed=closed_words(application),
            form=form or QuietDecisionForm(initial=start),
        )

    def sign(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The decisions that wait for a second person; several are signed by one press."""
        call = self.call_of(request, pk, change=request.method == "POST")

        def act() -> str:
            count = decisions_sign(call=call, versions=_chosen(request), actor=_actor(request))
            text = ngettext(
                "%(count)d decision is signed. No mail was sent.",
                "%(count)d decisions are signed. No mail was sent.",
                count,
            )
            return text % {"count": count}

        refused = self._try(request, act)
        if refused == 0:
            return redirect("admin:calls_decision_sign", call.pk)
        return self.page(
            request,
            "sign",
            _("Sign decisions"),
            status=refused or 200,
            call=call,
            signing=signing_of(call, request.user),
        )

    def publish(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What will happen (GET); all of it or nothing (POST)."""
        call = self.call_of(request, pk, change=request.method == "POST")

        def act() -> str:
            versions = _chosen(request)
            comments = "comments" in request.POST
            decisions_publish(call=call, versions=versions, actor=_actor(request), comments=comments)
            text = ngettext(
                "%(count)d decision is final. Its mails wait for your release; none was sent.",
                "%(count)d decisions are final. Their mails wait for your release; none was sent.",
                len(versions),
            )
            return text % {"count": len(versions)}

        refused = self._try(request, act)
        if refused == 0:
            return redirect("admin:calls_decision_board", call.pk)
        return self.page(
            request,
            "publish",
            _("Make decisions final"),
            status=refused or 200,
            call=call,
            plan=plan_of(call),
            batch=decision_batch(call.code),
        )

    def take_back(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Final decisions whose mails were not released."""
        call = self.call_of(request, pk, change=request.method == "POST")

        def act() -> str:
            count = decisions_take_back(call=call, versions=_chosen(request), actor=_actor(request))
            text = ngettext(
                "%(count)d decision is taken back. Its mails are discarded; none was sent.",
                "%(count)d decisions are taken back. Their mails are discarded; none was sent.",
                count,
            )
            return text % {"count": count}

        refused = self._try(request, act)
        if refused == 0:
            return redirect("admin:calls_decision_board", call.pk)
        return self.page(
            request,
            "take_back",
            _("Take decisions back"),
            status=refused or 200,
            call=call,
            items=final_of(call),
        )

    @staticmethod
    def _try(request: HttpRequest, act: Callable[[], str]) -> int | None:
        """None: nothing was asked; 0: done, and said; else the status of the refusal, said as well."""
        if request.method != "POST":
            return None
        try:
            messages.success(request, act())
        except DomainError as error:
            messages.error(request, error.message)
            return error.status
        return 0


def _chosen(request: HttpRequest) -> dict[Any, int]:
    return chosen_versions(request.POST.getlist("decision"))


def _actor(request: HttpRequest) -> Any:
    return request.user
