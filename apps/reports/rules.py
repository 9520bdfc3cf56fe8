"""Pure rules of reports: which state follows which, what a report needs, how its text is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.reports.enums import Outcome, ReportState

#: From which states each may be reached. ``PUBLISHED`` to ``RETURNED``: taken back to be corrected.
TRANSITIONS: dict[ReportState, tuple[ReportState, ...]] = {
    ReportState.DRAFT: (),
    ReportState.SUBMITTED: (ReportState.DRAFT, ReportState.RETURNED),
    ReportState.RETURNED: (ReportState.SUBMITTED, ReportState.PUBLISHED),
    ReportState.PUBLISHED: (ReportState.SUBMITTED,),
}
#: States in which the company writes.
WRITABLE = (ReportState.DRAFT, ReportState.RETURNED)
#: The texts of a report in the order in which they are read, and how long each may be when handed in.
LIMITS: dict[str, int] = {
    "summary": 400,
    "hypothesis": 2000,
    "measured": 4000,
    "did_not_work": 4000,
    "learned": 4000,
    "next_step": 2000,
}
#: What must be there when a report is handed in.
REQUIRED = ("outcome", "summary", "learned")
#: A draft takes longer texts (they are shortened later); beyond this it is no draft of a report.
DRAFT_LIMIT = 20_000
FIELDS = ("outcome", *LIMITS)
#: A mark before a line of a list; a minus before a number is none.
_TRIAL = re.compile(r"(?<![0-9-])([0-9]{4}-C?[0-9]{2,4})(?![0-9-])")
_MARK = re.compile(r"^(?:[・•‣]\s*|[-*–]\s+)")


class SectionTitle(NamedTuple):
    field: str
    title: str | Promise


SECTIONS = (
    SectionTitle("hypothesis", gettext_lazy("What was to be found out")),
    SectionTitle("measured", gettext_lazy("What was measured")),
    SectionTitle("did_not_work", gettext_lazy("What did not work")),
    SectionTitle("learned", gettext_lazy("What was learned")),
    SectionTitle("next_step", gettext_lazy("To whoever tries next")),
)


def may_become(before: str, after: ReportState) -> bool:
    """A report in state ``before`` may be put into ``after``."""
    return before in TRANSITIONS[after]


def too_long(length: int, limit: int) -> str:
    """Why a text of ``length`` characters is refused, with how many to take out."""
    return ngettext(
        "That is %(length)s characters. Please take out %(over)s character (at most %(limit)s).",
        "That is %(length)s characters. Please take out %(over)s characters (at most %(limit)s).",
        length - limit,
    ) % {"length": f"{length:,}", "over": f"{length - limit:,}", "limit": f"{limit:,}"}


def missing_text(field: str) -> str:
    """What to do about an empty required field."""
    return {
        "outcome": _("Choose how it came out. All four count the same."),
        "summary": _("Write in two sentences what came out."),
        "learned": _("Write at least one thing that you learned."),
    }[field]


def problems(values: Mapping[str, str]) -> dict[str, list[str]]:
    """What stands in the way of handing a report in, by field, in the order of the form."""
    found: dict[str, list[str]] = {}
    for field in FIELDS:
        value = values.get(field, "")
        unknown = field == "outcome" and value not in ("", *Outcome.values)
        if unknown or (field in REQUIRED and not value):
            found[field] = [missing_text(field)]
        elif field in LIMITS and len(value) > LIMITS[field]:
            found[field] = [too_long(len(value), LIMITS[field])]
    return found


def named_trials(text: str) -> list[str]:
    """Numbers of trials that ``text`` names, in order, each once."""
    return list(dict.fromkeys(_TRIAL.findall(text)))


def lines(text: str) -> list[str]:
    """The lines of ``text`` that say something, without the marks people type before them (・ - *)."""
    stripped = (_MARK.sub("", line.strip()) for line in text.splitlines())
    return [line for line in stripped if line]
