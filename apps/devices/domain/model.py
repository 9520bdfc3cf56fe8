"""Writes of device models: the city's, and those that a company describes itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.domain import record
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.devices.domain.fields import fields_checked
from apps.devices.models import DeviceModel
from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User

#: So many models of its own has an organization at most: a model keeps codecs and examples.
OWN_MODELS_MOST: Final = 30
#: What a company says of its own model; all else comes from the model it stands on.
OWN: Final = ("maker", "name", "uplink_interval", "profile_ids")
#: What an own model always has in common with the one it stands on.
RADIO: Final = ("lorawan_version", "region", "device_class")


@transaction.atomic
def device_model_save(*, model: DeviceModel, actor: User | None) -> DeviceModel:
    """Keep a new or changed device model; companies' models that stand on it change their radio with it."""
    model.full_clean()
    model.save()
    if model.organization_id is None:
        model.derived.update(**{name: getattr(model, name) for name in RADIO})
    record(action="device_model.save", actor=actor, target=model, organization_id=model.organization_id)
    return model


@transaction.atomic
def own_model_make(
    *, organization: Organization, base: DeviceModel, actor: User | None, values: Mapping[str, Any]
) -> DeviceModel:
    """A model of ``organization``'s own on ``base``, one of the city's; it begins with the fields of that.

    ``values``: ``OWN``. Raises ``InvalidInput`` by field and ``Conflict`` (``models_most``).
    """
    _locked(organization)
    if DeviceModel.objects.filter(organization=organization).count() >= OWN_MODELS_MOST:
        text = _("Your organization has %(most)d models of its own, which is the most. Remove one first.")
        raise Conflict(text % {"most": OWN_MODELS_MOST}, code="models_most")
    radio = {name: getattr(base, name) for name in RADIO}
    model = DeviceModel(organization=organization, base=base, fields=base.fields, **radio)
    return _written(model, values, actor, "device_model.make")


@transaction.atomic
def own_model_change(*, model: DeviceModel, actor: User | None, values: Mapping[str, Any]) -> DeviceModel:
    """Another name, interval or labels (``OWN``) of a company's model; raises ``InvalidInput`` by field."""
    assert model.organization is not None
    _locked(model.organization)
    return _written(model, values, actor, "device_model.save")


@transaction.atomic
def own_model_fields(
    *, model: DeviceModel, actor: User | None, rows: Sequence[tuple[str, Mapping[str, Any]]]
) -> DeviceModel:
    """What a company's model calls its decoded values: (name, parts as in ``device_fields_save``), in order.

    Raises ``InvalidInput`` by ``<name>.<part>``.
    """
    kept = fields_checked(dict(rows), keep_empty=True)
    model = DeviceModel.objects.select_for_update(no_key=True, of=("self",)).get(pk=model.pk)
    before = model.fields
    model.fields = {name: {**row, "order": order} for order, (name, row) in enumerate(kept.items())}
    if model.fields != before:
        model.save(update_fields=["fields", "updated_at"])
        changed = sorted(n for n in {*before, *model.fields} if before.get(n) != model.fields.get(n))
        _record("device_model.fields", model, actor, {"fields": changed})
    return model


@transaction.atomic
def own_model_delete(*, model: DeviceModel, actor: User | None) -> None:
    """Remove a company's model with its codecs and examples; raises ``Conflict`` while devices have it."""
    model = DeviceModel.objects.select_for_update(of=("self",)).get(pk=model.pk)
    count = model.devices.count()
    if count:
        text = ngettext(
            "%(count)d device has this model, retired ones included. Give it another model first.",
            "%(count)d devices have this model, retired ones included. Give them another model first.",
            count,
        )
        raise Conflict(text % {"count": count}, code="model_in_use")
    _record("device_model.delete", model, actor, {"name": str(model)})
    model.delete()


def organization_models_move(*, keep: Organization, gone: Organization) -> None:
    """Models of ``gone`` become those of ``keep``; one that has there a namesake gets a number."""
    taken = set(DeviceModel.objects.filter(organization=keep).values_list("maker", "name"))
    for model in DeviceModel.objects.filter(organization=gone).order_by("maker", "name"):
        number, name = 2, model.name
        while (model.maker, model.name) in taken:
            model.name = f"{name[:90]} ({number})"
            number += 1
        taken.add((model.maker, model.name))
        model.organization = keep
        model.save(update_fields=["organization", "name", "updated_at"])


def _locked(organization: Organization) -> None:
    """Names and number of an organization's models are decided one after the other."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _written(model: DeviceModel, values: Mapping[str, Any], actor: User | None, action: str) -> DeviceModel:
    for name in OWN:
        value = values.get(name, getattr(model, name))
        setattr(model, name, clean_line(value) if isinstance(value, str) else value)
    try:
        model.full_clean()
    except ValidationError as error:
        raise InvalidInput(_("Some values cannot be accepted."), fields=_named(error)) from None
    model.save()
    _record(action, model, actor, {"name": str(model)})
    return model


def _named(error: ValidationError) -> dict[str, list[str]]:
    """That the name is taken belongs to the name."""
    fields = dict(error.message_dict)
    if "__all__" in fields:
        fields["name"] = [*fields.pop("__all__"), *fields.get("name", [])]
    return fields


def _record(action: str, model: DeviceModel, actor: User | None, data: dict[str, Any]) -> None:
    record(action=action, actor=actor, target=model, organization_id=model.organization_id, data=data)
