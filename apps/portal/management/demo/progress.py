"""Steps, notes and risks of the running trials."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.portal.management.demo.fixture import Fixture
from apps.trials.domain.milestones import milestone_save
from apps.trials.domain.notes import note_add
from apps.trials.domain.risks import risk_save, risk_set_state
from apps.trials.enums import RiskState
from apps.trials.models import Milestone, Trial, TrialNote


def load_progress(fixture: Fixture) -> int:
    """By the way they are always written; a trial that has steps already is left alone."""
    count = 0
    for row in fixture.read("progress"):
        trial = Trial.objects.filter(code=row["trial"]).first()
        if trial is None or Milestone.objects.filter(trial=trial).exists():
            continue
        actor = fixture.people[row["by"]]
        count += _steps(fixture, trial, actor, row["milestones"])
        count += _risks(trial, actor, row["risks"])
        count += _notes(fixture, trial, row["notes"])
    return count


def _steps(fixture: Fixture, trial: Trial, actor: User, rows: list[dict[str, Any]]) -> int:
    for row in rows:
        days = {name: fixture.day(row[name]) for name in ("due_on", "done_on") if name in row}
        milestone_save(trial=trial, actor=actor, **{**row, **days})
    return len(rows)


def _risks(trial: Trial, actor: User, rows: list[dict[str, Any]]) -> int:
    for row in rows:
        state = row.pop("state", "")
        risk = risk_save(trial=trial, actor=actor, **row)
        if state:
            risk_set_state(risk=risk, state=RiskState(state), actor=actor)
    return len(rows)


def _notes(fixture: Fixture, trial: Trial, rows: list[dict[str, Any]]) -> int:
    for row in rows:
        actor, at = fixture.people[row.pop("by")], fixture.moment(row.pop("at"))
        note = note_add(trial=trial, actor=actor, **row)
        TrialNote.objects.filter(pk=note.pk).update(created_at=at)
    return len(rows)
