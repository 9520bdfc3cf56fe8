"""Writing answers on an application: who wrote what, what follows from it, the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from apps.audit.domain import record
from apps.calls import rules
from apps.calls.domain.derived import DERIVED, derive
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of

#: One entry of the record for one person and answer in this time, however often it saves by itself.
_TOLD_AGAIN_AFTER = timedelta(minutes=10)


def answers_write(
    *, row: Application, values: Mapping[str, Any], actor: Any, now: datetime, pen: rules.Pen = rules.NO_PEN
) -> None:
    """Save ``values`` by unit (``rules.merge``) on ``row``, which must be locked."""
    news = [unit for unit in values if not _is_told(row.written.get(unit, {}), actor, now)]
    fields = _set(row, values)
    for unit in values:
        _note(row, unit, actor, pen, now, told=unit not in news)
    row.version += 1
    derive(row)
    row.full_clean()
    row.save(update_fields=[*fields, *DERIVED, "written", "version", "updated_at"])
    if news:
        record(
            action="application.save",
            actor=actor,
            target=row,
            organization_id=row.organization_id,
            data={"fields": news},
        )


def _set(row: Application, values: Mapping[str, Any]) -> list[str]:
    """Set ``values`` on ``row``; gives the names of its fields."""
    names = {}
    for unit, value in values.items():
        name, _dot, key = unit.partition(".")
        setattr(row, name, {**row.extra_answers, key: value} if key else value)
        names[name] = True
    return list(names)


def _note(row: Application, unit: str, actor: Any, pen: rules.Pen, now: datetime, *, told: bool) -> None:
    """Note who wrote ``unit``, with which pen, and when the record was last told."""
    last = row.written.get(unit, {})
    value = rules.unit_value(answers_of(row), unit)
    entry = {"by": str(actor.pk), "at": now.isoformat(), "digest": rules.digest(value)}
    entry["told"] = last["told"] if told else now.isoformat()
    row.written[unit] = entry | ({"pen": pen.name, "stroke": pen.stroke} if pen.name else {})


def _is_told(last: Mapping[str, Any], actor: Any, now: datetime) -> bool:
    """The record already says that the actor writes here, not long ago."""
    if last.get("by") != str(actor.pk) or "told" not in last:
        return False
    return now - datetime.fromisoformat(last["told"]) < _TOLD_AGAIN_AFTER
