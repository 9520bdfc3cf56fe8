"""審査のまとめ: all applications of a call side by side, on a map, and as a table to take out.

Decisions are never edited as rows: each act has its own page (``deliberation_acts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.calls.admin.application_export import csv_answer
from apps.calls.admin.deliberation_acts import DecisionActs
from apps.calls.admin.deliberation_rows import kept_board
from apps.calls.domain.deciding import scores_exported
from apps.calls.domain.mails import decision_batch
from apps.calls.models import Call, Decision, Theme
from apps.calls.selectors.deliberation import Board, Row, load_of
from apps.calls.selectors.deliberation_list import ORDERS, STATES, listed, score_table, wish_of
from apps.calls.selectors.deliberation_map import places_of
from apps.calls.selectors.publishing import calls_to_decide, decision_numbers, held_count, load_warnings
from apps.core import clock, xlsx_file


@admin.register(Decision)
class DecisionAdmin(DecisionActs):
    """The list is that of the calls; a decision opens its application's page."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        pages = {
            "board": ("board/", self.board),
            "map": ("map/", self.map),
            "csv": ("scores/csv/", self.csv),
            "xlsx": ("scores/xlsx/", self.xlsx),
        }
        own = [
            path(f"<uuid:pk>/{end}", wrap(require_safe(view)), name=f"calls_decision_{name}")
            for name, (end, view) in pages.items()
        ]
        return [*own, *self.act_urls(), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The calls whose applications are read now or were, newest first."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        calls = calls_to_decide()
        numbers = decision_numbers(calls)
        rows = [{"call": call, "numbers": numbers[call.pk]} for call in calls]
        return self.page(request, "calls", _("Deliberation"), rows=rows)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_or_change_permission(request, row):
            raise Http404
        return redirect("admin:calls_decision_panel", row.application_id)

    def board(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Figures, then every application in a row."""
        call = self.call_of(request, pk)
        board, html = kept_board(call)
        wish = wish_of(request.GET)
        rows = listed(call, board, wish)
        language = get_language() or "ja"
        return self.page(
            request,
            "board",
            _("Deliberation"),
            call=call,
            board=board,
            rows=[html[row.pk] for row in rows],
            wish=wish,
            figures=_figures(call, board),
            orders=ORDERS,
            states=STATES,
            themes=[(row.code, row.localized("name", language)) for row in Theme.objects.all()],
            query=request.GET.urlencode(),
            ready=sum(row.decidable and bool(row.outcome) and not row.problem for row in board.rows),
            unsigned=sum(row.decidable and bool(row.outcome) and not row.signed_by for row in board.rows),
            final=sum(_waits(row) for row in board.rows),
            batch=decision_batch(call.code),
        )

    def map(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The same rows beside a map of their places."""
        call = self.call_of(request, pk)
        board, _html = kept_board(call)
        wish = wish_of(request.GET)
        rows = listed(call, board, wish)
        return self.page(
            request,
            "map",
            _("Places of the applications"),
            call=call,
            wish=wish,
            query=request.GET.urlencode(),
            **places_of(call, rows),
        )

    def csv(self, request: HttpRequest, pk: Any) -> Any:
        """The table of scores as CSV: every application, whatever is filtered."""
        call, rows = self._table(request, pk, "csv")
        return csv_answer(rows, f"scores-{call.code}-{clock.local_date():%Y%m%d}")

    def xlsx(self, request: HttpRequest, pk: Any) -> Any:
        """The same for Excel."""
        call, rows = self._table(request, pk, "xlsx")
        file = xlsx_file.xlsx_file(rows, sheet=_("Scores"))
        response = FileResponse(file, content_type=xlsx_file.CONTENT_TYPE)
        name = f"scores-{call.code}-{clock.local_date():%Y%m%d}.xlsx"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response

    def _table(self, request: HttpRequest, pk: Any, kind: str) -> tuple[Call, Iterable[Sequence[Any]]]:
        call = self.call_of(request, pk)
        board, _html = kept_board(call)
        actor: Any = request.user
        scores_exported(call=call, actor=actor, kind=kind, count=len(board.rows))
        return call, score_table(call, board)


def _waits(row: Row) -> bool:
    """Final, its mail is held or discarded."""
    return row.final and not row.told and bool(row.version) and not row.moved


def _figures(call: Call, board: Board) -> dict[str, Any]:
    """The numbers on top of the page."""
    live = [row for row in board.rows if not row.told or row.adopting]
    load = load_of(call, live)
    outcomes = [row.outcome for row in board.rows]
    return {
        "adopted": sum(row.adopting for row in board.rows),
        "waitlist": outcomes.count("waitlist"),
        "declined": outcomes.count("decline"),
        "open": sum(row.decidable and not row.outcome for row in board.rows),
        "load": load,
        "warnings": load_warnings(load),
        "asked_devices": sum(row.devices or 0 for row in board.rows),
        "asked_messages": sum(row.messages or 0 for row in board.rows),
        "held": held_count(decision_batch(call.code)),
    }
