"""Models that a company describes itself: the doors to them, the rows of its list."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from apps.core.errors import NotAllowed, NotFound
from apps.devices.enums import CodecState
from apps.devices.models import CodecExample, CodecVersion, DeviceModel
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.trials.permissions import works_for

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class ModelRow:
    """``codec``: the version that decodes, or is stopped; ``devices``: how many have the model."""

    model: DeviceModel
    codec: CodecVersion | None
    devices: int

    @property
    def stopped(self) -> bool:
        return self.codec is not None and self.codec.state == CodecState.QUARANTINED


def access_models(*, actor: User | Any, organization: uuid.UUID, write: bool = False) -> Organization:
    """The organization whose models are asked for. Stranger: ``NotFound``; may only look: ``NotAllowed``."""
    owner = access_organization(actor=actor, pk=organization)
    if write and not works_for(actor, owner):
        raise NotAllowed(_("You can see your organization’s models, but not change them."))
    return owner


def access_model(
    *, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False
) -> DeviceModel:
    """A model of ``organization``'s own, with it and the model it stands on loaded."""
    owner = access_models(actor=actor, organization=organization)
    model = (
        DeviceModel.objects.filter(organization=owner, pk=pk).select_related("organization", "base").first()
    )
    if model is None:
        raise NotFound(_("This page does not exist."))
    if write:
        access_models(actor=actor, organization=organization, write=True)
    return model


def access_example(*, model: DeviceModel, pk: uuid.UUID) -> CodecExample:
    """An example of ``model``."""
    example = CodecExample.objects.filter(model=model, pk=pk).first()
    if example is None:
        raise NotFound(_("This page does not exist."))
    return example


def own_models(organization: Organization) -> list[ModelRow]:
    """An organization's own models by name. Two queries."""
    models = list(
        DeviceModel.objects.filter(organization=organization)
        .select_related("base")
        .annotate(held=Count("devices"))
        .order_by("maker", "name")
    )
    newest = CodecVersion.objects.standing().filter(model__in=models)
    newest = newest.order_by("model_id", "-version").distinct("model_id").defer("script")
    codecs = {codec.model_id: codec for codec in newest}
    return [ModelRow(model, codecs.get(model.pk), getattr(model, "held", 0)) for model in models]


def stopped_own(organization: Organization) -> list[CodecVersion]:
    """Versions of the organization's own models that would decode and are stopped. One query."""
    newer = CodecVersion.objects.standing().filter(model=OuterRef("model"), version__gt=OuterRef("version"))
    stopped = CodecVersion.objects.filter(
        ~Exists(newer), model__organization=organization, state=CodecState.QUARANTINED
    )
    return list(stopped.select_related("model").defer("script").order_by("stopped_at"))
