"""Who may do what with exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.exports.models import ExportJob
from apps.exports.rules import kind_of
from apps.organizations.models import Organization
from apps.organizations.permissions import can_engineer


def can_export(actor: Any, organization: Organization) -> bool:
    """Owners, managers and engineers ask for exports; viewers and the city look and take ready files."""
    return can_engineer(actor, organization)


def can_take(actor: Any, export: ExportJob) -> bool:
    """Whether ``actor`` (a person, or a key of the API) may still see what the file holds."""
    return can_take_each(actor, export.organization, [export])[0]


def can_take_each(actor: Any, organization: Organization, exports: Sequence[ExportJob]) -> list[bool]:
    """The same for many exports of one organization, asked at once of each app that holds the data."""
    asked: dict[Any, list[int]] = {}
    for number, export in enumerate(exports):
        kind = kind_of(export.kind)
        if kind is not None:
            asked.setdefault(kind.may_see, []).append(number)
    answers = [False] * len(exports)
    for may_see, numbers in asked.items():
        found = may_see(organization, actor, [exports[number].params for number in numbers])
        for number, answer in zip(numbers, found, strict=True):
            answers[number] = answer
    return answers
