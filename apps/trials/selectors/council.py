"""推進協議会: all trials of a year on one sheet. Members of the council are not staff: what only the
city may read is not on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import clock, registry
from apps.trials.enums import ParticipantRole, QuotaKind, RiskState, TrialPhase
from apps.trials.models import Milestone, Participant, Risk, Trial, TrialNote, TrialQuota
from apps.trials.rules import OVER
from apps.trials.selectors.listing import KIND_WORDS, PHASE_WORDS, with_phase


@dataclass(frozen=True)
class CouncilRow:
    """One trial on the sheet. ``elapsed``: whole percent of its period that is over."""

    trial: Trial
    phase: str
    kind: str | Promise
    partners: list[str]
    themes: list[str]
    elapsed: int
    days_left: int
    milestones: list[Milestone]
    overdue: list[str]
    risks: list[Risk]
    note: TrialNote | None
    devices: TrialQuota | None
    messages: TrialQuota | None
    outcome: str

    @property
    def next_milestone(self) -> Milestone | None:
        return next((row for row in self.milestones if row.done_on is None), None)

    @property
    def done(self) -> int:
        return sum(row.done_on is not None for row in self.milestones)

    @property
    def bar(self) -> list[bool]:
        """Ten parts of the period, those that are over true: a progress bar on paper."""
        return [10 * part < self.elapsed for part in range(10)]

    @property
    def grade(self) -> int:
        """The gravest risk: likelihood × effect; 0 without any. One that happened comes first."""
        return max(
            (row.likelihood * row.effect + 10 * (row.state == RiskState.HAPPENED) for row in self.risks),
            default=0,
        )


@dataclass(frozen=True)
class CouncilWish:
    """What the sheet shows. ``year`` None: all years. ``only``: a key of ``ONLY``."""

    year: int | None
    phase: str = ""
    kind: str = ""
    theme: str = ""
    only: str = ""
    order: str = "number"


#: What may be asked for beyond the columns.
ONLY: dict[str, tuple[str | Promise, Callable[[CouncilRow], bool]]] = {
    "overdue": (gettext_lazy("with something overdue"), lambda row: bool(row.overdue)),
    "risks": (gettext_lazy("with a risk told"), lambda row: bool(row.risks)),
    "no_risks": (gettext_lazy("no risk told yet"), lambda row: not row.risks and row.phase not in OVER),
    "grave": (gettext_lazy("with a grave risk"), lambda row: row.grade >= 6),
}


def _news(row: CouncilRow) -> tuple[bool, float]:
    return row.note is None, -row.note.created_at.timestamp() if row.note else 0.0


def _next_day(row: CouncilRow) -> date:
    step = row.next_milestone
    return step.due_on if step else date.max


ORDERS: dict[str, tuple[str | Promise, Callable[[CouncilRow], Any]]] = {
    "number": (gettext_lazy("number"), lambda row: row.trial.code),
    "end": (gettext_lazy("end of the trial"), lambda row: (row.phase in OVER, row.trial.ends_on)),
    "step": (gettext_lazy("next step"), _next_day),
    "risk": (gettext_lazy("gravest risk"), lambda row: -row.grade),
    "note": (gettext_lazy("newest note"), _news),
    "who": (gettext_lazy("company"), lambda row: row.trial.organization.name),
}


def council_years() -> list[tuple[int, int]]:
    """Fiscal years with trials and how many each has, the newest first; trials not shown count too."""
    rows = Trial.objects.order_by("-fiscal_year").values("fiscal_year").annotate(number=Count("pk"))
    return [(row["fiscal_year"], row["number"]) for row in rows]


def wish_of(given: Mapping[str, str], years: Iterable[int], themes: Iterable[str]) -> CouncilWish:
    """From the parameters of an address; what is not known is passed over. The newest year by default."""

    def known(name: str, values: Iterable[str], default: str = "") -> str:
        value = given.get(name, "")
        return value if value in set(values) else default

    year = known("year", ["all", *map(str, years)], str(next(iter(years), "all")))
    return CouncilWish(
        year=None if year == "all" else int(year),
        phase=known("state", PHASE_WORDS),
        kind=known("kind", KIND_WORDS),
        theme=known("theme", themes),
        only=known("only", ONLY),
        order=known("order", ORDERS, "number"),
    )


def council_rows(wish: CouncilWish, themes: Mapping[str, str], today: date | None = None) -> list[CouncilRow]:
    """The rows of the sheet in the wished order. Eight queries, however many rows there are."""
    today = today or clock.local_date()
    trials = list(_trials(wish, today))
    notes = {row.trial_id: row for row in _last_notes(trials)}
    outcomes = registry.facts("trials.outcome", trials)
    reports = registry.facts("trials.report", trials)
    rows = [
        _row(
            trial,
            today,
            [themes[code] for code in trial.themes if code in themes],
            notes.get(trial.pk),
            outcomes.get(trial.pk, ""),
            bool(reports.get(trial.pk)),
        )
        for trial in trials
    ]
    if wish.only:
        rows = [row for row in rows if ONLY[wish.only][1](row)]
    return sorted(rows, key=ORDERS[wish.order][1])


def _trials(wish: CouncilWish, today: date) -> Any:
    trials: Any = Trial.objects.select_related("organization").prefetch_related(
        "quotas",
        Prefetch("participants", queryset=Participant.objects.select_related("organization")),
        "milestones",
        Prefetch("risks", queryset=Risk.objects.exclude(state=RiskState.CLOSED)),
    )
    if wish.year is not None:
        trials = trials.filter(fiscal_year=wish.year)
    if wish.kind:
        trials = trials.filter(kind=wish.kind)
    if wish.theme:
        trials = trials.filter(themes__contains=[wish.theme])
    if wish.phase:
        trials = with_phase(trials, today).filter(phase_now=wish.phase)
    return trials.order_by("code")


def _last_notes(trials: list[Trial]) -> Any:
    """The newest note of each that the company may read as well."""
    notes = TrialNote.objects.filter(trial__in=trials, staff_only=False).select_related("author")
    return notes.order_by("trial_id", "-created_at").distinct("trial_id")


def _row(
    trial: Trial, today: date, themes: list[str], note: TrialNote | None, outcome: str, handed_in: bool
) -> CouncilRow:
    phase = trial.phase().value
    quotas = {row.kind: row for row in trial.quotas.all()}
    milestones = list(trial.milestones.all())
    partners = [row.organization.name for row in trial.participants.all() if row.role != ParticipantRole.LEAD]
    over = phase in OVER
    last = min(trial.ends_on, trial.stopped_on) if phase in _CUT and trial.stopped_on else trial.ends_on
    return CouncilRow(
        trial=trial,
        phase=phase,
        kind=KIND_WORDS[trial.kind],
        partners=partners,
        themes=themes,
        elapsed=elapsed(trial.starts_on, trial.ends_on, min(today, last)),
        days_left=0 if over else max(0, (trial.ends_on - max(today, trial.starts_on)).days + 1),
        milestones=milestones,
        overdue=_overdue(trial, milestones, today, handed_in or bool(outcome)),
        risks=sorted(trial.risks.all(), key=lambda row: -row.likelihood * row.effect),
        note=note,
        devices=quotas.get(QuotaKind.DEVICES),
        messages=quotas.get(QuotaKind.MESSAGES),
        outcome=outcome,
    )


_CUT = (TrialPhase.STOPPED, TrialPhase.WITHDRAWN)


def elapsed(starts_on: date, ends_on: date, today: date) -> int:
    """How much of a period is over on ``today``, in whole percent; its last day counts as over."""
    days = (ends_on - starts_on).days + 1
    return min(100, max(0, round(100 * ((today - starts_on).days + 1) / days))) if today >= starts_on else 0


def _overdue(trial: Trial, milestones: list[Milestone], today: date, handed_in: bool) -> list[str]:
    """In words: steps that should be done, and the report once it is due."""
    words = [
        _("%(step)s (%(day)s)") % {"step": row.title, "day": short_day(row.due_on)}
        for row in milestones
        if row.done_on is None and row.due_on < today
    ]
    if trial.report_due_on and trial.report_due_on < today and not handed_in:
        words.append(_("Report (%(day)s)") % {"day": short_day(trial.report_due_on)})
    return words


def short_day(day: date) -> str:
    """``2026/12/03``: the sheet is narrow."""
    return f"{day:%Y/%m/%d}"


def council_table(rows: Iterable[CouncilRow]) -> Iterator[tuple[Any, ...]]:
    """The sheet as a table, head first."""
    yield (
        _("Number"), _("Title"), _("Lead"), _("Partners"), _("Kind of trial"), _("Themes"), _("State"),
        _("From"), _("Until"), _("Elapsed (%)"), _("Devices in use"), _("Devices granted"),
        _("Messages a day granted"), _("Next step"), _("By"), _("Overdue"), _("Risks"), _("Last note"),
    )  # fmt: skip
    for row in rows:
        trial, step = row.trial, row.next_milestone
        yield (
            trial.code, trial.title, trial.organization.name, "、".join(row.partners), str(row.kind),
            "、".join(row.themes), str(PHASE_WORDS[row.phase]), trial.starts_on.isoformat(),
            trial.ends_on.isoformat(), row.elapsed, row.devices.used if row.devices else None,
            row.devices.granted if row.devices else None, row.messages.granted if row.messages else None,
            step.title if step else "", step.due_on.isoformat() if step else "", "、".join(row.overdue),
            "\n".join(f"{risk.title}: {risk.scope}" for risk in row.risks), row.note.text if row.note else "",
        )  # fmt: skip
