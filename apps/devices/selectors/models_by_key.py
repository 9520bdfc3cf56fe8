"""Device models and codecs as keys of the API see them: the city's to choose from, the own to work on."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from apps.apikeys.models import ApiKey
from apps.core.errors import NotAllowed, NotFound
from apps.devices.enums import CodecState
from apps.devices.models import CodecExample, CodecVersion, DeviceModel


def models_by_key(key: ApiKey | Any) -> QuerySet[DeviceModel]:
    """The city's models and those of the key's organization, with the version and state of their codecs."""
    codec = CodecVersion.objects.standing().filter(model=OuterRef("pk"))
    models = DeviceModel.objects.usable_by(getattr(key, "organization_id", None))
    return models.annotate(
        codec_version=Subquery(codec.values("version")[:1]), codec_state=Subquery(codec.values("state")[:1])
    )


def access_model_by_key(*, key: ApiKey | Any, pk: uuid.UUID) -> DeviceModel:
    """A model that the key's organization can use; every other is ``NotFound``."""
    model = models_by_key(key).filter(pk=pk).first()
    if model is None:
        raise NotFound(_("There is no such device model."))
    return model


def access_own_model_by_key(*, key: ApiKey | Any, pk: uuid.UUID, write: bool = False) -> DeviceModel:
    """A model of the key's organization's own. The city's are not worked on by API: ``NotFound``."""
    model = models_by_key(key).filter(pk=pk, organization=key.organization_id).first()
    if model is None:
        raise NotFound(_("There is no such device model of your own."))
    if write:
        check_writes_models(key)
    return model


def check_writes_models(key: ApiKey | Any) -> None:
    """A model belongs to the whole organization: a key limited to trials does not change it."""
    if key.trials.exists():
        raise NotAllowed(
            _("This key is limited to trials. Models belong to all of your organization: take another key.")
        )


def codecs_of(model: DeviceModel) -> QuerySet[CodecVersion]:
    """The versions of a model, each with ``decodes``: the highest not taken back, unless it is stopped."""
    newer = CodecVersion.objects.standing().filter(model=OuterRef("model"), version__gt=OuterRef("version"))
    decodes = Case(When(~Exists(newer), state=CodecState.ACTIVE, then=True), default=False)
    return CodecVersion.objects.filter(model=model).annotate(decodes=decodes)


def access_codec(*, model: DeviceModel, version: int) -> CodecVersion:
    """A version of ``model``."""
    codec = codecs_of(model).filter(version=version).first() if version < 2**31 else None
    if codec is None:
        raise NotFound(_("There is no such version."))
    return codec


def access_codec_example(*, model: DeviceModel, pk: uuid.UUID) -> CodecExample:
    """An example of ``model``."""
    example = CodecExample.objects.filter(model=model, pk=pk).first()
    if example is None:
        raise NotFound(_("There is no such example."))
    return example
