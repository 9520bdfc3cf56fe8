"""推進協議会: the sheet of all trials, as a page, a PDF and a table; steps, notes and risks of each trial."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock, csv_file
from apps.core.errors import DomainError
from apps.core.pdf import PdfFailed, pdf_of_template
from apps.core.site import site_settings
from apps.trials.domain.milestones import milestone_done, milestone_remove, milestone_save
from apps.trials.domain.notes import note_add
from apps.trials.domain.risks import risk_save, risk_set_state
from apps.trials.enums import RiskState
from apps.trials.forms.progress import MilestoneForm, RiskForm, RiskStateForm, StaffNoteForm, tried
from apps.trials.models import CouncilTrial, Trial
from apps.trials.selectors.council import (
    ONLY,
    ORDERS,
    CouncilRow,
    CouncilWish,
    council_rows,
    council_table,
    council_years,
    wish_of,
)
from apps.trials.selectors.listing import KIND_WORDS, PHASE_WORDS, theme_names
from apps.trials.selectors.progress import access_milestone, access_risk, progress_of

_FOLDER = "admin/trials/council"


@admin.register(CouncilTrial)
class CouncilAdmin(admin.ModelAdmin[CouncilTrial]):
    """Whoever may see trials sees the sheet; whoever may change trials writes on it."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("trials.change_trial"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("trials.view_trial")) or self.has_change_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "trials_counciltrial"
        return [
            path("pdf/", wrap(require_safe(self.pdf)), name=f"{name}_pdf"),
            path("csv/", wrap(require_safe(self.csv)), name=f"{name}_csv"),
            path("<uuid:pk>/progress/", wrap(self.progress), name=f"{name}_progress"),
            path("<uuid:pk>/steps/new/", wrap(self.milestone), name=f"{name}_milestone_new"),
            path("<uuid:pk>/steps/<uuid:row>/", wrap(self.milestone), name=f"{name}_milestone"),
            path(
                "<uuid:pk>/steps/<uuid:row>/<slug:act>/",
                wrap(require_POST(self.milestone_act)),
                name=f"{name}_milestone_act",
            ),
            path("<uuid:pk>/risks/new/", wrap(self.risk), name=f"{name}_risk_new"),
            path("<uuid:pk>/risks/<uuid:row>/", wrap(self.risk), name=f"{name}_risk"),
            path(
                "<uuid:pk>/risks/<uuid:row>/state/",
                wrap(require_POST(self.risk_state)),
                name=f"{name}_risk_state",
            ),
            *super().get_urls(),
        ]

    def _page(
        self, request: HttpRequest, name: str, title: str, status: int = 200, **context: Any
    ) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        may_write = self.has_change_permission(request)
        return TemplateResponse(
            request, f"{_FOLDER}/{name}.html", {**frame, "may_write": may_write, **context}, status=status
        )

    # The sheet

    def _sheet(self, request: HttpRequest) -> tuple[CouncilWish, list[CouncilRow], dict[str, Any]]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        years, themes = council_years(), theme_names(get_language() or "ja")
        wish = wish_of(request.GET, [year for year, _number in years], themes)
        return wish, council_rows(wish, themes), {"years": years, "themes": themes.items()}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All trials of a year, filtered and sorted; prints on A4, landscape."""
        wish, rows, choices = self._sheet(request)
        return self._page(
            request,
            "sheet",
            _("Council sheet"),
            wish=wish,
            rows=rows,
            kinds=KIND_WORDS.items(),
            phases=PHASE_WORDS.items(),
            only=[(key, label) for key, (label, _test) in ONLY.items()],
            orders=[(key, label) for key, (label, _key) in ORDERS.items()],
            figures=_figures(rows),
            query=request.GET.urlencode(),
            today=clock.local_date(),
            **choices,
        )

    def pdf(self, request: HttpRequest) -> HttpResponse:
        """The sheet as it is filtered, as PDF."""
        wish, rows, _choices = self._sheet(request)
        site = site_settings()
        context = {
            "rows": rows,
            "wish": wish,
            "figures": _figures(rows),
            "today": clock.local_date(),
            "city": site.city_name,
            "department": site.department,
        }
        try:
            content = pdf_of_template("trials/pdf/council.html", context, language=get_language() or "ja")
        except PdfFailed:
            messages.error(request, _("The PDF could not be made. The page can be printed instead."))
            return redirect("admin:trials_counciltrial_changelist")
        response = HttpResponse(content, content_type="application/pdf")
        name = f"council-{wish.year or 'all'}-{clock.local_date():%Y%m%d}.pdf"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def csv(self, request: HttpRequest) -> StreamingHttpResponse:
        """The sheet as it is filtered, as CSV."""
        wish, rows, _choices = self._sheet(request)
        lines = csv_file.csv_lines(council_table(rows))
        response = StreamingHttpResponse(lines, content_type=csv_file.CONTENT_TYPE)
        name = f"council-{wish.year or 'all'}-{clock.local_date():%Y%m%d}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    # One trial

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request):
            raise Http404
        return redirect("admin:trials_counciltrial_progress", row.pk)

    def _trial(self, request: HttpRequest, pk: Any, *, write: bool) -> Trial:
        allowed = self.has_change_permission if write else self.has_view_permission
        trial = Trial.objects.select_related("organization").filter(pk=pk).first()
        if trial is None or not allowed(request):
            raise Http404
        return trial

    def progress(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Steps, notes and risks of one trial; POST adds a note of the city."""
        write = request.method == "POST"
        trial = self._trial(request, pk, write=write)
        form, status = StaffNoteForm(request.POST or None), 200
        if write:
            status = tried(form, note_add, trial=trial, actor=request.user, by_city=True)
            if not status:
                messages.success(request, _("The note is kept. No mail was sent."))
                return redirect("admin:trials_counciltrial_progress", trial.pk)
        shown = progress_of(trial, reader=request.user)
        title = _("Steps, notes and risks")
        return self._page(request, "progress", title, status, trial=trial, progress=shown, form=form)

    def milestone(self, request: HttpRequest, pk: Any, row: Any = None) -> HttpResponse:
        """A new step, or one to be changed."""
        trial = self._trial(request, pk, write=True)
        step = access_milestone(trial=trial, pk=row) if row else None
        form = MilestoneForm(request.POST or None, initial=MilestoneForm.start(step) if step else None)
        status = 200
        if request.method == "POST":
            status = tried(form, milestone_save, trial=trial, actor=request.user, milestone=step)
            if not status:
                messages.success(request, _("The step is kept."))
                return redirect("admin:trials_counciltrial_progress", trial.pk)
        title = _("Change a step") if step else _("Add a step")
        return self._page(request, "milestone", title, status, trial=trial, form=form, row=step)

    def milestone_act(self, request: HttpRequest, pk: Any, row: Any, act: str) -> HttpResponse:
        """Done, not done, or taken away."""
        trial = self._trial(request, pk, write=True)
        step, actor = access_milestone(trial=trial, pk=row), request.user
        if act == "remove":
            milestone_remove(milestone=step, actor=actor)  # type: ignore[arg-type]
        elif act in ("done", "open"):
            milestone_done(milestone=step, actor=actor, done=act == "done")  # type: ignore[arg-type]
        else:
            raise Http404
        messages.success(request, _("The step is gone.") if act == "remove" else _("The step is kept."))
        return redirect("admin:trials_counciltrial_progress", trial.pk)

    def risk(self, request: HttpRequest, pk: Any, row: Any = None) -> HttpResponse:
        """A risk told beforehand, or one to be changed."""
        trial = self._trial(request, pk, write=True)
        risk = access_risk(trial=trial, pk=row) if row else None
        form = RiskForm(request.POST or None, initial=RiskForm.start(risk) if risk else None)
        status = 200
        if request.method == "POST":
            status = tried(form, risk_save, trial=trial, actor=request.user, risk=risk)
            if not status:
                messages.success(request, _("The risk is kept. The company reads it too."))
                return redirect("admin:trials_counciltrial_progress", trial.pk)
        title = _("Change a risk") if risk else _("Tell of a risk")
        return self._page(request, "risk", title, status, trial=trial, form=form, row=risk)

    def risk_state(self, request: HttpRequest, pk: Any, row: Any) -> HttpResponse:
        """It happened, it is over, or it may happen again."""
        trial = self._trial(request, pk, write=True)
        risk, form = access_risk(trial=trial, pk=row), RiskStateForm(request.POST)
        if form.is_valid():
            state = RiskState(form.cleaned_data["state"])
            try:
                risk_set_state(risk=risk, state=state, actor=request.user)  # type: ignore[arg-type]
            except DomainError as error:
                messages.error(request, error.message)
        return redirect("admin:trials_counciltrial_progress", trial.pk)


def _figures(rows: list[CouncilRow]) -> dict[str, int]:
    """The numbers on top of the sheet."""
    return {
        "trials": len(rows),
        "running": sum(row.phase == "running" for row in rows),
        "overdue": sum(bool(row.overdue) for row in rows),
        "risks": sum(len(row.risks) for row in rows),
    }
