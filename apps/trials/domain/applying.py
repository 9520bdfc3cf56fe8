"""The one way in which an open trial changes: all at once, with a version and a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core import clock, public_pages
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line, clean_text
from apps.trials.domain.parts import partners_write, places_write
from apps.trials.domain.quota import quota_write
from apps.trials.enums import QuotaKind, TrialState
from apps.trials.models import Trial, TrialChange, TrialVersion
from apps.trials.rules import PlaceFacts, report_due_after
from apps.trials.selectors.versions import snapshot
from apps.trials.signals import trial_changed

if TYPE_CHECKING:
    from apps.accounts.models import User

#: From which states each may be reached. Whether a trial runs follows from its dates.
TRANSITIONS: dict[TrialState, tuple[TrialState, ...]] = {
    TrialState.ACTIVE: (TrialState.PAUSED, TrialState.STOPPED, TrialState.WITHDRAWN),
    TrialState.PAUSED: (TrialState.ACTIVE,),
    TrialState.STOPPED: (TrialState.ACTIVE, TrialState.PAUSED),
    TrialState.WITHDRAWN: (TrialState.ACTIVE, TrialState.PAUSED),
}
#: What staff may edit; texts are the company's words, corrected on its request.
EDITABLE = (
    "title",
    "title_en",
    "summary",
    "summary_en",
    "need",
    "measure",
    "learning",
    "themes",
    "conditions",
    "starts_on",
    "ends_on",
    "report_due_on",
    "is_public",
)
_LINES = ("title", "title_en")


@dataclass(frozen=True)
class StateEdit:
    """Another state, from the day ``on``; ``reason`` is kept with an early end or a withdrawal."""

    state: TrialState
    on: date
    reason: str = ""


@dataclass(frozen=True)
class TrialEdit:
    """What of a trial becomes other; what is not named stays.

    ``fields``: of ``EDITABLE``. ``places`` and ``partners`` (organization → access) are all there are
    afterwards.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    quotas: Mapping[QuotaKind, int] = field(default_factory=dict)
    places: Sequence[PlaceFacts] | None = None
    partners: Mapping[str, str] | None = None
    state: StateEdit | None = None


def trial_locked(trial: Trial) -> Trial:
    """The trial, locked against other changes; devices may still be registered meanwhile."""
    return Trial.objects.select_for_update(of=("self",), no_key=True).get(pk=trial.pk)


@transaction.atomic
def trial_apply(
    *,
    trial: Trial,
    edit: TrialEdit,
    actor: User | None,
    change: TrialChange | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Trial:
    """Change an open trial: everything of ``edit`` or nothing. Keeps a version if anything is other.

    ``version``: the one the form began from. Raises ``Conflict`` when it is another by now or the state
    cannot be reached, ``InvalidInput`` with the fields.
    """
    now = now or clock.now()
    trial = trial_locked(trial)
    if version is not None and version != trial.version:
        raise Conflict(
            _("Someone else changed this trial meanwhile. Look at it again before you go on."), code="version"
        )
    before = version_ensure(trial=trial)
    _write_fields(trial, edit.fields)
    if edit.state is not None:
        _write_state(trial, edit.state, actor)
    _save(trial)
    for kind, granted in edit.quotas.items():
        quota_write(trial=trial, kind=kind, granted=granted, actor=actor)
    if edit.places is not None:
        places_write(trial=trial, places=edit.places)
    if edit.partners is not None:
        partners_write(trial=trial, partners=edit.partners)
    after = snapshot(trial)
    changed = sorted(name for name in after if after[name] != before.get(name))
    if changed:
        version_add(trial=trial, kept=after, actor=actor, change=change, now=now)
        _record(trial, actor, changed, change)
        trial_changed.send(sender=Trial, trial=trial, fields=changed)
        transaction.on_commit(public_pages.changed)
    return trial


def _record(trial: Trial, actor: User | None, changed: list[str], change: TrialChange | None) -> None:
    asked: dict[str, Any] = {"request": change.number} if change else {}
    record(
        action="trial.edit",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"fields": changed, "version": trial.version, **asked},
    )


def version_ensure(*, trial: Trial) -> dict[str, Any]:
    """What its latest version says of ``trial`` (locked); the first is made from it as it stands.

    Trials that were opened before versions were kept get theirs at their first change.
    """
    kept = snapshot(trial)
    if trial.version == 0:
        version_add(trial=trial, kept=kept, actor=None, now=trial.created_at)
    return kept


def version_add(
    *,
    trial: Trial,
    kept: Mapping[str, Any],
    actor: User | None,
    now: datetime,
    change: TrialChange | None = None,
) -> TrialVersion:
    """Keep the next version of ``trial`` (locked)."""
    trial.version += 1
    trial.save(update_fields=["version", "updated_at"])
    return TrialVersion.objects.create(
        trial=trial, number=trial.version, snapshot=dict(kept), change=change, made_at=now, made_by=actor
    )


def _write_fields(trial: Trial, fields: Mapping[str, Any]) -> None:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    ended, due = trial.ends_on, trial.report_due_on
    for name, value in fields.items():
        clean = clean_line if name in _LINES else clean_text
        setattr(trial, name, clean(value) if isinstance(value, str) else value)
    if trial.ends_on != ended and trial.report_due_on == due and trial.stopped_on is None:
        trial.report_due_on = report_due_after(due=due, ended=ended, ends=trial.ends_on)


def _write_state(trial: Trial, edit: StateEdit, actor: User | None) -> None:
    """The only writer of ``state``, with the days that belong to it."""
    if TrialState(trial.state) not in TRANSITIONS[edit.state]:
        raise Conflict(_("This trial cannot be changed that way any more."))
    before, trial.state = trial.state, edit.state
    over = edit.state in (TrialState.STOPPED, TrialState.WITHDRAWN)
    ended = trial.stopped_on or trial.ends_on
    trial.stopped_on = edit.on if over else None
    trial.stop_reason = clean_text(edit.reason) if over else ""
    trial.paused_on = edit.on if edit.state == TrialState.PAUSED else None
    trial.report_due_on = report_due_after(
        due=trial.report_due_on, ended=ended, ends=trial.stopped_on or trial.ends_on
    )
    record(
        action="trial.state",
        actor=actor,
        target=trial,
        organization_id=trial.organization_id,
        data={"from": str(before), "to": str(edit.state), "on": edit.on.isoformat()},
    )


def _save(trial: Trial) -> None:
    try:
        trial.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=error.message_dict) from None
    trial.save()
