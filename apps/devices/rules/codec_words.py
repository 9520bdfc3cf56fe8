"""Why a codec gave nothing, in words. Pure."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FAILURES: Final[dict[str, str | Promise]] = {
    "error": _("The codec refused it."),
    "timeout": _("It ran for longer than 0.2 seconds and was ended."),
    "killed": _("It gave no sign for a second and was ended. A regular expression may take hours."),
    "memory": _("It needed more than 32 MB."),
    "recursion": _("It called itself without end."),
    "syntax": _("The text is no JavaScript."),
    "no_function": _("This function is not in the text."),
    "not_an_object": _("It returned no object."),
    "too_large": _("It returned more than 32 KB."),
    "too_deep": _("What it returned is nested more than 32 levels deep."),
    "not_bytes": _("“bytes” is no list of whole numbers from 0 to 255."),
    "bad_port": _("“fPort” is no whole number from 1 to 223."),
    "resting": _("It took too much time from the others and is not run any more."),
}


def failure_words(failure: str) -> str:
    """``failure`` of a ``CodecOutput`` in words; the code itself where there are none."""
    return str(FAILURES.get(failure, failure))


#: What happened to calls of a version that was stopped, as it is kept with it (``killed × 3, timeout × 2``).
_SHORT: Final[dict[str, str | Promise]] = {
    "killed": _("no sign of life"),
    "timeout": _("too long"),
    "memory": _("too much memory"),
    "slow": _("slow"),
}


def fault_words(fault: str) -> str:
    """``CodecVersion.fault`` in words."""
    parts = [part.partition(" × ") for part in fault.split(", ") if part]
    return ", ".join(f"{_SHORT.get(name, name)}{times}{count}" for name, times, count in parts)
