"""What merging two organizations needs: everything that names one, and which look like the same."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Lower

from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User

#: What happened stays written as it was.
UNMOVED = frozenset({"audit.auditentry"})


@dataclass(frozen=True)
class Reference:
    """A column (``attname``) of ``model`` that holds the id of an organization."""

    model: type[models.Model]
    attname: str

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    def count(self, organization: Organization) -> int:
        return self.model._base_manager.filter(**{self.attname: organization.pk}).count()

    def holds(self, organization: Organization) -> bool:
        return self.model._base_manager.filter(**{self.attname: organization.pk}).exists()


def organization_references() -> list[Reference]:
    """Every column of every app that names an organization: foreign keys, and UUIDs by that name."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed or model._meta.label_lower in UNMOVED:
            continue
        found += [
            Reference(model, field.attname) for field in model._meta.concrete_fields if _names_one(field)
        ]
    return found


def _names_one(field: models.Field[Any, Any]) -> bool:
    if field.is_relation:
        return field.related_model is Organization
    return isinstance(field, models.UUIDField) and field.attname.endswith("organization_id")


@dataclass(frozen=True)
class HeldRow:
    """How many rows of one kind two organizations hold."""

    label: str
    keep: int
    gone: int

    @property
    def total(self) -> int:
        return self.keep + self.gone


def held_rows(keep: Organization, gone: Organization) -> list[HeldRow]:
    """What the two hold, by kind. One count for each kind and organization."""
    rows = []
    for reference in organization_references():
        if reference.model is not Organization:
            rows.append(HeldRow(reference.label, reference.count(keep), reference.count(gone)))
    return rows


def kept_instead_of(*, actor: User | Any, pk: uuid.UUID) -> uuid.UUID | None:
    """Into what the organization ``pk`` was merged, if the actor may see that one."""
    if not actor.is_authenticated:
        return None
    into = Organization.objects.filter(pk=pk).values("merged_into")
    return Organization.objects.visible_to(actor).filter(pk__in=into).values_list("pk", flat=True).first()


class FoldedName(models.Func):
    """The name as it is compared: NFKC, without spaces and case."""

    template = "regexp_replace(normalize(%(expressions)s, NFKC), '\\s', '', 'g')"
    output_field = models.TextField()


def _folded() -> Any:
    """Organizations that are present, with ``folded``."""
    return Organization.objects.present().annotate(folded=Lower(FoldedName("name")))


def doubles_of(organization: Organization, limit: int = 20) -> list[Organization]:
    """Others that may be the same: of the same corporate number, or of the same name."""
    own = _folded().filter(pk=organization.pk).values_list("folded", flat=True).first()
    same = models.Q(folded=own)
    if organization.corporate_number:
        same |= models.Q(corporate_number=organization.corporate_number)
    return list(_folded().filter(same).exclude(pk=organization.pk).order_by("created_at")[:limit])


@dataclass(frozen=True)
class Double:
    """Organizations that share ``what``, the oldest first."""

    what: str
    organizations: list[Organization]


def doubles(limit: int = 200) -> list[Double]:
    """Groups that look like one organization each, by number and by name. Four queries."""
    seen: set[frozenset[uuid.UUID]] = set()
    groups = []
    for field in ("corporate_number", "folded"):
        shared = _folded().exclude(**{field: ""}).order_by().values(field)
        shared = shared.annotate(n=models.Count("pk")).filter(n__gt=1).values_list(field, flat=True)[:limit]
        members: dict[str, list[Organization]] = {}
        rows = _folded().filter(**{f"{field}__in": list(shared)}).order_by("created_at")
        for organization in rows:
            members.setdefault(getattr(organization, field), []).append(organization)
        for what, group in members.items():
            ids = frozenset(row.pk for row in group)
            if ids not in seen:
                seen.add(ids)
                groups.append(Double(what if field == "corporate_number" else group[0].name, group))
    return groups
