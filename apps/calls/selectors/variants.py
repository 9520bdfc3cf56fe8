"""Answers that two people wrote at once, as they are shown side by side until someone settles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.calls import rules
from apps.calls.models import AnswerVariant, Application
from apps.calls.selectors.answers import LABELS, answer_words, extra_words
from apps.calls.selectors.applications import answers_of


@dataclass(frozen=True)
class ShownVariant:
    """Both texts of one answer, in words, with who wrote them when (None: not known)."""

    variant: AnswerVariant
    label: str
    stored: str
    stored_by: str
    stored_at: datetime | None
    other: str
    other_by: str
    may_join: bool
    seen: str
    slug: str
    href: str


def open_variants(application: Application, slug: str = "") -> list[ShownVariant]:
    """What is not settled, of one screen or of all, oldest first."""
    rows = application.variants.filter(settled_at=None).select_related("author")
    asked = [row for row in rows if not slug or rules.question_of(row.field).slug == slug]
    if not asked:
        return []
    answers = answers_of(application)
    names = _names(application, [row.field for row in asked])
    return [_shown(application, answers, row, names) for row in asked]


def variant_seen(stored: Any, other: Any) -> str:
    """A short name of two texts side by side, to tell whether one changed."""
    return rules.digest([rules.digest(stored), rules.digest(other)])


def _names(application: Application, units: list[str]) -> dict[str, str]:
    """Who wrote the stored answers, by unit."""
    keys = {unit: application.written[unit]["by"] for unit in units if unit in application.written}
    people = get_user_model()._default_manager.in_bulk(set(keys.values()))
    known = {str(key): str(person) for key, person in people.items()}
    return {unit: known.get(key, "") for unit, key in keys.items()}


def _shown(
    application: Application, answers: Mapping[str, Any], row: AnswerVariant, names: Mapping[str, str]
) -> ShownVariant:
    stored = rules.unit_value(answers, row.field)
    at = application.written.get(row.field, {}).get("at")
    slug = rules.question_of(row.field).slug
    return ShownVariant(
        variant=row,
        label=_label(application, row.field),
        stored=_words(application, row.field, answers, stored),
        stored_by=names.get(row.field, ""),
        stored_at=datetime.fromisoformat(at) if at else None,
        other=_words(application, row.field, answers, row.value),
        other_by=str(row.author),
        may_join=rules.may_join(row.field, stored, row.value),
        seen=variant_seen(stored, row.value),
        slug=slug,
        href=reverse("calls:application-question", args=[application.code, slug]),
    )


def _label(application: Application, unit: str) -> str:
    name, _dot, key = unit.partition(".")
    if not key:
        return str(LABELS.get(name) or _("Not decided yet"))
    language = get_language() or "ja"
    questions = application.call.extra_questions.all()
    return next((item.localized("label", language) for item in questions if str(item.pk) == key), "")


def _words(application: Application, unit: str, answers: Mapping[str, Any], value: Any) -> str:
    """One of the two in words; ticks as yes and no."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    name, _dot, key = unit.partition(".")
    if key:
        return extra_words(application.call, key, value)
    return answer_words(application.call, name, {**answers, name: value})
