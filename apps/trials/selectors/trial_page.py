"""Everything that the public page of one trial says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.core import clock
from apps.trials.enums import QuotaKind, TrialState
from apps.trials.models import Milestone, Trial, TrialVersion
from apps.trials.selectors.listing import KIND_WORDS, listed, theme_names
from apps.trials.selectors.public import TrialRow, access_public_trial, map_markers
from apps.trials.selectors.workspace import quotas


@dataclass(frozen=True)
class Part:
    """A titled part of the plan. ``language`` is set when it is not the page's."""

    title: str
    text: str
    language: str


@dataclass(frozen=True)
class TrialPage:
    trial: Trial
    row: TrialRow
    kind: str | Promise
    plan: list[Part]
    granted: list[str]
    milestones: list[Milestone]
    #: (day, what changed then), the newest first.
    history: list[tuple[date, list[str]]]
    map_data: dict[str, Any]


def trial_page(*, code: str, language: str) -> TrialPage:
    """The public trial ``code`` in ``language``; raises ``NotFound``."""
    trial = access_public_trial(code=code)
    [row] = listed([trial], language, theme_names(language))
    return TrialPage(
        trial=trial,
        row=row,
        kind=KIND_WORDS[trial.kind],
        plan=_plan(trial, language),
        granted=granted_words(trial),
        milestones=list(trial.milestones.filter(is_public=True)),
        history=history_of(trial),
        map_data={"markers": map_markers([row])},
    )


def _plan(trial: Trial, language: str) -> list[Part]:
    foreign = "ja" if language != "ja" else ""
    summary = trial.localized("summary", language)
    own = "" if trial.summary_en else foreign
    parts = [
        Part(_("The need it starts from"), trial.need, foreign),
        Part(_("What is tried"), summary or _("The description is being prepared."), own if summary else ""),
        Part(_("How it will be known"), trial.measure, foreign),
        Part(_("What is learned even if it fails"), trial.learning, foreign),
    ]
    return [part for part in parts if part.text]


def granted_words(trial: Trial) -> list[str]:
    """What the city lends, in words: devices, and messages a day."""
    found = quotas(trial)
    words = []
    if (row := found.get(QuotaKind.DEVICES)) and row.granted:
        text = ngettext("Up to %(count)s device", "Up to %(count)s devices", row.granted)
        words.append(text % {"count": number_format(row.granted, force_grouping=True)})
    if (row := found.get(QuotaKind.MESSAGES)) and row.granted:
        text = ngettext("Up to %(count)s message a day", "Up to %(count)s messages a day", row.granted)
        words.append(text % {"count": number_format(row.granted, force_grouping=True)})
    return words


def history_of(trial: Trial) -> list[tuple[date, list[str]]]:
    """What changed in the trial and when, in words for everyone. Reasons and places stay out of it."""
    found: list[tuple[date, list[str]]] = []
    before: dict[str, Any] | None = None
    for version in TrialVersion.objects.filter(trial=trial).order_by("number"):
        after = version.snapshot
        if before is not None and (words := changed_words(before, after)):
            found.append((clock.local_date(version.made_at), words))
        before = after
    return found[::-1]


def changed_words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The difference of two versions in plain sentences; empty when the public learns of none."""
    words = []
    if _period(before) != _period(after):
        words.append(
            _("The period is now %(first)s to %(last)s.")
            % {"first": _day(after.get("starts_on")), "last": _day(after.get("ends_on"))}
        )
    words += _amount_words(before.get("quotas") or {}, after.get("quotas") or {})
    if before.get("places") != after.get("places"):
        words.append(_("The places were changed."))
    words += _partner_words(before, after)
    words += _state_words(before, after)
    return words


def _period(snapshot: dict[str, Any]) -> tuple[Any, Any]:
    return snapshot.get("starts_on"), snapshot.get("ends_on")


def _day(value: Any) -> str:
    try:
        return str(date_format(date.fromisoformat(str(value))))
    except ValueError:
        return "—"


def _amount_words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    texts = {
        QuotaKind.DEVICES.value: _("Devices: %(before)s → %(after)s."),
        QuotaKind.MESSAGES.value: _("Messages a day: %(before)s → %(after)s."),
    }
    return [
        text
        % {
            "before": number_format(before[kind], force_grouping=True),
            "after": number_format(after[kind], force_grouping=True),
        }
        for kind, text in texts.items()
        if kind in before and kind in after and before[kind] != after[kind]
    ]


def _partner_words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Whoever came and went, by organization: a company that only changed its name did neither."""
    then, now = (
        {str(row.get("organization")): str(row.get("name", "")) for row in snapshot.get("participants") or []}
        for snapshot in (before, after)
    )
    came = [_("%(name)s takes part now.") % {"name": now[key]} for key in now if key not in then]
    went = [_("%(name)s takes part no longer.") % {"name": then[key]} for key in then if key not in now]
    return [*came, *went]


def _state_words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    old, new = str(before.get("state")), str(after.get("state"))
    if old == new:
        return []
    if new == TrialState.PAUSED:
        return [_("The trial pauses from %(day)s.") % {"day": _day(after.get("paused_on"))}]
    if new == TrialState.ACTIVE:
        return [_("The trial goes on.") if old == TrialState.PAUSED else _("The early end was taken back.")]
    if new == TrialState.WITHDRAWN:
        return [pgettext("history", "The company withdrew from the trial.")]
    day = after.get("stopped_on")
    return [
        _("The trial ended early on %(day)s.") % {"day": _day(day)} if day else _("The trial ended early.")
    ]
