"""What the deliberation shows of its rows: filters, words, order; and the table that is taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from apps.calls.enums import Outcome
from apps.calls.models import Call, CallCriterion, Decision
from apps.calls.rules import day_time
from apps.calls.selectors.deliberation import OPEN, Board, Row, applications_of
from apps.calls.selectors.reviews import scores_of_call
from apps.core.search import search, words
from apps.core.text import kept_text

#: Nothing typed is longer.
MOST = 200


@dataclass(frozen=True)
class Order:
    """``key``: what rows are ordered by, the largest first; None comes last."""

    label: str | Promise
    key: Callable[[Row], float | None] | None


ORDERS: Mapping[str, Order] = {
    "mean": Order(gettext_lazy("highest mean first"), lambda row: row.scores.mean),
    "median": Order(gettext_lazy("highest median first"), lambda row: row.scores.median),
    "spread": Order(gettext_lazy("widest spread first"), lambda row: row.spread),
    "devices": Order(gettext_lazy("most devices first"), lambda row: row.devices),
    "messages": Order(gettext_lazy("most messages first"), lambda row: row.messages),
    "code": Order(gettext_lazy("by number"), None),
}
#: Filters by decision beside the outcomes.
STATES: Mapping[str, str | Promise] = {
    OPEN: pgettext_lazy("decision", "open"),
    **dict(Outcome.choices),
    "unsigned": gettext_lazy("decided, not signed"),
    "ready": gettext_lazy("signed, not final"),
    "final": gettext_lazy("final, not told"),
    "told": gettext_lazy("told"),
}


@dataclass(frozen=True)
class Wish:
    """What the address asks for, with what it cannot mean left out."""

    q: str = ""
    theme: str = ""
    decision: str = ""
    order: str = "mean"

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.theme or self.decision)


def wish_of(typed: Mapping[str, str]) -> Wish:
    q, theme = (kept_text(typed.get(name, "") or "")[:MOST].strip() for name in ("q", "theme"))
    decision, order = typed.get("decision", ""), typed.get("order", "")
    return Wish(q, theme, decision if decision in STATES else "", order if order in ORDERS else "mean")


def listed(call: Call, board: Board, wish: Wish) -> list[Row]:
    """The rows of ``board`` that ``wish`` asks for, in its order. One query when words are looked for."""
    rows = [row for row in board.rows if _fits(row, wish)]
    if wish.q and words(wish.q):
        found = set(search(applications_of(call), query=wish.q).order_by().values_list("pk", flat=True))
        rows = [row for row in rows if row.pk in found]
    key = ORDERS[wish.order].key
    if key is None:
        return rows

    def place(row: Row) -> tuple[bool, float]:
        value = key(row)
        return value is None, -(value or 0)

    return sorted(rows, key=place)


def _fits(row: Row, wish: Wish) -> bool:
    if wish.theme and wish.theme not in row.themes:
        return False
    if not wish.decision:
        return True
    decided = row.decidable and bool(row.outcome)
    return {
        OPEN: row.decidable and not row.outcome,
        "unsigned": decided and not row.signed_by,
        "ready": decided and not row.problem,
        "final": row.final and not row.told,
        "told": row.told,
    }.get(wish.decision, row.outcome == wish.decision)


def score_table(call: Call, board: Board) -> Iterator[list[Any]]:
    """The head and a row for each application: scores by criterion, what is asked, what is decided.

    Four queries more than ``board``, however many rows. While a phase is sealed the scores are empty.
    """
    sealed = board.sealed_until is not None
    criteria = list(CallCriterion.objects.filter(call=call).order_by("order", "created_at"))
    scores = {} if sealed else scores_of_call(call, comments=False)
    decisions = {row.application_id: row for row in Decision.objects.filter(application__call=call)}
    yield [*_head(), *[_("Mean: %(name)s") % {"name": row.name} for row in criteria], *_decision_head()]
    for row in board.rows:
        reads = scores[row.pk].reviews if row.pk in scores else []
        means = []
        for criterion in criteria:
            given = [read.scores.get(criterion.pk) for read in reads]
            values = [value for value in given if value is not None]
            means.append(round(sum(values) / len(values), 2) if values else None)
        yield [*_facts(row, board), *means, *_decided(row, decisions.get(row.pk))]


def _head() -> list[str]:
    return [
        pgettext("export", "Number"),
        _("Title"),
        _("Applicant"),
        pgettext("export", "Devices"),
        pgettext("export", "Messages a day"),
        _("Reviews handed in"),
        _("Reviewers asked"),
        _("Mean"),
        _("Median"),
        _("Lowest"),
        _("Highest"),
        _("Totals"),
        pgettext("export", "Notes"),
    ]


def _decision_head() -> list[str]:
    return [
        pgettext("label", "Decision"),
        _("Reason told to the applicant"),
        _("Conditions"),
        _("Devices granted"),
        _("Messages a day granted"),
        _("Place on the waiting list"),
        _("Decided by"),
        _("Signed by"),
    ]


def _facts(row: Row, board: Board) -> list[Any]:
    found = row.scores
    totals = " ".join(f"{value:.2f}" for value in row.totals)
    if board.sealed_until:
        totals = _("Sealed until %(until)s") % {"until": day_time(board.sealed_until)}
    numbers = (found.mean, found.median, found.lowest, found.highest)
    return [
        row.code,
        row.title,
        row.company,
        row.devices,
        row.messages,
        found.count,
        row.asked,
        *[None if value is None else round(value, 2) for value in numbers],
        totals,
        _(", ").join(note.label for note in row.notes),
    ]


def _decided(row: Row, decision: Decision | None) -> list[Any]:
    return [
        row.outcome_word,
        decision.reason if decision else "",
        decision.conditions if decision else "",
        row.granted_devices if row.outcome else None,
        row.granted_messages if row.outcome else None,
        row.rank,
        row.decided_by,
        row.signed_by,
    ]
