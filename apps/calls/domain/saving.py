"""Saving the answers of a screen: field by field, so that no one overwrites another silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.calls import rules
from apps.calls.domain.answers import answers_write
from apps.calls.domain.application import application_lock, writable
from apps.calls.domain.variants import variant_keep
from apps.calls.models import Application
from apps.calls.selectors.applications import answers_of
from apps.core import clock

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class SaveResult:
    """What became of a screen. Units as in ``rules.merge``.

    ``saved``: written now; ``conflicts``: someone else's text stays, this one is kept beside it;
    ``refused``: too long to be kept, with words; ``bases``: what the writer saw, for the next time.
    """

    application: Application
    saved: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def application_save(
    *,
    application: Application,
    actor: User,
    values: Mapping[str, Any],
    bases: Mapping[str, str] | None = None,
    pen: rules.Pen = rules.NO_PEN,
    now: datetime | None = None,
) -> SaveResult:
    """Keep the answers of one screen. A draft accepts anything that can be stored.

    ``bases`` tells what the actor saw of each unit (``rules.bases_of``); None: what is stored now.
    A unit that two people changed keeps its stored text, and the other is kept as ``AnswerVariant``.
    Raises ``NotAllowed`` and ``Conflict`` (``code="state"``) where nothing may be written.
    """
    now = now or clock.now()
    row = application_lock(application)
    writable(row, actor)
    mine, refused = rules.kept_answers(rules.units_of(values))
    if row.organization_id is not None:
        mine = {unit: value for unit, value in mine.items() if unit not in rules.ORGANIZATION_FIELDS}
    fates = _fates(row, mine, bases, pen)
    saved = [unit for unit, what in fates.items() if what == rules.Fate.WRITE]
    if saved:
        answers_write(row=row, values={unit: mine[unit] for unit in saved}, actor=actor, pen=pen, now=now)
    clashes = [
        unit
        for unit, what in fates.items()
        if what == rules.Fate.CLASH
        and variant_keep(application=row, field=unit, value=mine[unit], actor=actor, pen=pen.name, now=now)
    ]
    seen = dict(bases or {})
    held = answers_of(row)
    for unit, value in mine.items():
        if rules.digest(value) == rules.digest(rules.unit_value(held, unit)):
            seen[unit] = rules.digest(value)
    return SaveResult(row, saved, clashes, refused, seen)


def _fates(
    row: Application, mine: Mapping[str, Any], bases: Mapping[str, str] | None, pen: rules.Pen
) -> dict[str, rules.Fate]:
    held = answers_of(row)
    return {
        unit: rules.fate(
            mine=value,
            stored=rules.unit_value(held, unit),
            base=(bases or {}).get(unit),
            sure=bases is None,
            written=row.written.get(unit, {}),
            pen=pen,
        )
        for unit, value in mine.items()
    }
