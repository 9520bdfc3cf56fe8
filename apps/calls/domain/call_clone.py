"""A new call from an earlier one: a year later, everything kept but its course and what people asked."""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import count
from typing import Any, TypeVar

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.calls.domain.call import EDITABLE, check_city
from apps.calls.enums import CallState
from apps.calls.models import Call
from apps.calls.models.parts import CallPart
from apps.core import clock
from apps.core.errors import Conflict

D = TypeVar("D", date, datetime)
_TITLES = ("title", "title_en")
_MOMENTS = ("questions_until", "opens_at", "closes_at")
_DAYS = ("decision_on", "trial_from", "trial_until")
_PARTS = ("criteria", "extra_questions", "faqs")
_COPIED_FILE = ("title", "title_en", "order", "name", "content_type", "size")


@transaction.atomic
def call_clone(*, call: Call, actor: Any) -> Call:
    """A draft like ``call`` for the next fiscal year, with its themes, parts and copies of its files.

    Dates are those of ``call`` a year later; years in code and titles are counted on, other texts stay.
    Raises ``Conflict`` when a file of ``call`` cannot be read.
    """
    check_city(actor)
    source = Call.objects.select_for_update().get(pk=call.pk)
    values = {name: getattr(source, name) for name in EDITABLE}
    values |= {name: a_year_later(values[name]) for name in (*_MOMENTS, *_DAYS)}
    values |= {name: next_years(values[name], source.fiscal_year) for name in _TITLES}
    values |= {"code": proposed_code(source), "fiscal_year": source.fiscal_year + 1}
    clone = Call(**values, state=CallState.DRAFT)
    clone.full_clean()
    clone.save(force_insert=True)
    clone.themes.set(source.themes.all())
    for name in _PARTS:
        for part in getattr(source, name).all():
            _copy(part, clone)
    for file in source.files.all():
        _copy_file(file, clone)
    record(action="call.clone", actor=actor, target=clone, data={"from": source.code})
    return clone


def proposed_code(call: Call) -> str:
    """The code of ``call`` with the next year in it; with a number behind where that is taken."""
    base = next_years(call.code, call.fiscal_year)
    if base == call.code:
        base = f"{call.code[:12]}-{call.fiscal_year + 1}"
    tried = (base if number == 1 else f"{base[:16]}-{number}" for number in count(1))
    return next(code for code in tried if not Call.objects.filter(code=code).exists())


def next_years(text: str, year: int) -> str:
    """``text`` with the fiscal year ``year``, its successor and their Reiwa years counted on by one."""
    known = {str(number): str(number + 1) for number in (year, year + 1)}
    text = re.sub(r"(?<!\d)\d{4}(?!\d)", lambda found: known.get(found[0], found[0]), text)
    reiwa = clock.reiwa(year)
    return re.sub(
        r"令和(元|\d+)年",
        lambda found: (
            f"令和{reiwa + 1}年" if found[1] in (str(reiwa), "元" if reiwa == 1 else "") else found[0]
        ),
        text,
    )


def a_year_later(value: D | None) -> D | None:
    """The same day and time in Japan a year later; 28 February for the 29th."""
    if value is None:
        return None
    if isinstance(value, datetime):
        value = value.astimezone(clock.TOKYO)
    try:
        return value.replace(year=value.year + 1)
    except ValueError:
        return value.replace(year=value.year + 1, day=28)


def _copy(part: CallPart, clone: Call) -> None:
    skipped = ("id", "call", "created_at", "updated_at")
    values = {
        field.name: getattr(part, field.name)
        for field in part._meta.concrete_fields
        if field.name not in skipped
    }
    made: Any = type(part)
    copy = made(call=clone, **values)
    copy.full_clean()
    copy.save(force_insert=True)


def _copy_file(part: Any, clone: Call) -> None:
    suffix = str(part.file.name).rpartition(".")[2]
    copy = type(part)(call=clone, **{name: getattr(part, name) for name in _COPIED_FILE})
    try:
        with part.file.open("rb") as content:
            copy.file.save(f"{copy.pk.hex}.{suffix}", File(content), save=False)
    except (OSError, ValueError) as error:
        told = _("The file “%(file)s” cannot be read. Please upload it again or delete it, then try again.")
        raise Conflict(told % {"file": part.title}, code="file_gone") from error
    copy.full_clean()
    copy.save(force_insert=True)
