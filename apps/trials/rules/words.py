"""A trial and its changes in plain words, from what versions and requests keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from apps.trials.enums import Access, ChangeKind, Precision, TrialState
from apps.trials.rules.changes import read_day

Kept = Mapping[str, Any]
#: What of a version is told as “other words”, not word by word.
_REWORDED: dict[str, str | Promise] = {
    "title": gettext_lazy("title"),
    "title_en": gettext_lazy("title (English)"),
    "summary": gettext_lazy("what is tried"),
    "summary_en": gettext_lazy("what is tried (English)"),
    "need": gettext_lazy("the need it starts from"),
    "measure": gettext_lazy("how it will be known"),
    "learning": gettext_lazy("what is learned if it fails"),
    "themes": gettext_lazy("themes"),
    "conditions": gettext_lazy("conditions"),
}


def day_words(value: Any) -> str:
    """A kept day in the active language; a dash when there is none."""
    day = read_day(value)
    return date_format(day) if day else "—"


def period_words(kept: Kept) -> str:
    return f"{day_words(kept['starts_on'])}{pgettext('range', '–')}{day_words(kept['ends_on'])}"


def devices_words(number: int) -> str:
    text = ngettext("%(number)s device", "%(number)s devices", number)
    return text % {"number": number_format(number, force_grouping=True)}


def messages_words(number: int) -> str:
    text = ngettext("%(number)s message a day", "%(number)s messages a day", number)
    return text % {"number": number_format(number, force_grouping=True)}


def place_words(place: Kept) -> str:
    """Name, where, and how exactly the public sees it."""
    where = ""
    if place["latitude"] is not None and place["longitude"] is not None:
        where = f"{place['latitude']:.5f}, {place['longitude']:.5f}"
    shown = _("shown to the public as: %(precision)s") % {"precision": Precision(place["precision"]).label}
    return " · ".join(part for part in (place["name"], where, shown) if part)


def partner_words(name: str, access: str) -> str:
    return _("%(name)s (%(access)s)") % {"name": name, "access": Access(access).label}


def partners_now(kept: Kept) -> list[str]:
    """Who takes part beside the lead."""
    rows = [row for row in kept["participants"] if row["role"] == "partner"]
    return [partner_words(row["name"], row["access"]) for row in rows]


def state_words(kept: Kept) -> str:
    """Whether the trial goes on, and since when not."""
    state = kept["state"]
    if state == TrialState.PAUSED:
        return _("Paused from %(day)s") % {"day": day_words(kept["paused_on"])}
    if state == TrialState.STOPPED:
        return _("Ends early on %(day)s") % {"day": day_words(kept["stopped_on"])}
    if state == TrialState.WITHDRAWN:
        return _("Withdrawn on %(day)s") % {"day": day_words(kept["stopped_on"])}
    return _("Goes on until %(day)s") % {"day": day_words(kept["ends_on"])}


def now_words(kind: str, kept: Kept) -> list[str]:
    """How it stands, for one kind of change."""
    quotas = kept["quotas"]
    if kind == ChangeKind.PERIOD:
        return [period_words(kept)]
    if kind == ChangeKind.PLACES:
        return [place_words(place) for place in kept["places"]]
    if kind == ChangeKind.DEVICES:
        return [devices_words(quotas.get("devices", 0))]
    if kind == ChangeKind.MESSAGES:
        return [messages_words(quotas.get("messages", 0))]
    if kind == ChangeKind.PARTNERS:
        return partners_now(kept)
    return [state_words(kept)]


def wish_words(kind: str, value: Any, kept: Kept) -> list[str]:
    """What is wished or granted, for one kind of change; ``kept`` names who leaves."""
    if kind == ChangeKind.PERIOD:
        return [period_words(value)]
    if kind == ChangeKind.PLACES:
        return [place_words(place) for place in value]
    if kind == ChangeKind.DEVICES:
        return [devices_words(value)]
    if kind == ChangeKind.MESSAGES:
        return [messages_words(value)]
    if kind == ChangeKind.PARTNERS:
        return _partner_wish(value, kept)
    if kind == ChangeKind.RESUME:
        return [_("Goes on")]
    text = {
        ChangeKind.PAUSE: _("Pause from %(day)s"),
        ChangeKind.END: _("End early on %(day)s"),
        ChangeKind.WITHDRAWAL: _("Withdraw on %(day)s"),
    }[ChangeKind(kind)]
    return [text % {"day": day_words(value.get("on"))}]


def _partner_wish(value: Kept, kept: Kept) -> list[str]:
    names = {row["organization"]: row["name"] for row in kept["participants"]}
    joins = [partner_words(row["name"], row["access"]) for row in value["add"]]
    leaves = [names.get(key, key) for key in value["leave"]]
    return [
        *(_("Joins: %(name)s") % {"name": name} for name in joins),
        *(_("Leaves: %(name)s") % {"name": name} for name in leaves),
    ]


def differences(before: Kept, after: Kept) -> list[str]:
    """What is other in ``after``, one sentence for each thing."""
    pairs = [
        (_("Period"), period_words(before), period_words(after)),
        (_("Report due"), day_words(before["report_due_on"]), day_words(after["report_due_on"])),
        (_("Course"), _course(before), _course(after)),
        (pgettext("quota", "Devices"), *_quota(before, after, "devices")),
        (pgettext("quota", "Messages a day"), *_quota(before, after, "messages")),
        (_("Places"), _listed(_places(before)), _listed(_places(after))),
        (_("Taking part"), _listed(_names(before)), _listed(_names(after))),
    ]
    lines = [
        _("%(what)s: %(before)s → %(after)s") % {"what": what, "before": old, "after": new}
        for what, old, new in pairs
        if old != new
    ]
    lines += [
        _("Other words: %(what)s") % {"what": label}
        for name, label in _REWORDED.items()
        if before[name] != after[name]
    ]
    if before["is_public"] != after["is_public"]:
        lines.append(_("Shown to the public.") if after["is_public"] else _("No longer shown to the public."))
    return lines


def _course(kept: Kept) -> str:
    return _("running") if kept["state"] == TrialState.ACTIVE else state_words(kept)


def _quota(before: Kept, after: Kept, kind: str) -> tuple[str, str]:
    old, new = (kept["quotas"].get(kind, 0) for kept in (before, after))
    return number_format(old, force_grouping=True), number_format(new, force_grouping=True)


def _places(kept: Kept) -> list[str]:
    return [place_words(place) for place in kept["places"]]


def _names(kept: Kept) -> list[str]:
    return [partner_words(row["name"], row["access"]) for row in kept["participants"]]


def _listed(names: Sequence[str]) -> str:
    return pgettext("list", ", ").join(names) or "—"
