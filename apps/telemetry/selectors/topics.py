"""Reading who may listen over MQTT."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.trials.permissions import works_for

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class TopicRow:
    """A key that may listen; ``trials`` empty: to everything of the organization."""

    key: ApiKey
    trials: list[str]


def topic_keys(organization: Organization) -> QuerySet[ApiKey]:
    """The keys of ``organization`` that may listen now, with their trials."""
    keys = ApiKey.objects.usable(clock.now()).filter(organization=organization, scopes__contains=[Scope.MQTT])
    return keys.prefetch_related("trials").order_by("name", "pk")


def topic_rows(keys: Iterable[ApiKey]) -> list[TopicRow]:
    """``keys`` as the page shows them."""
    return [TopicRow(key, [trial.code for trial in key.trials.all()]) for key in keys]


def access_topic_key(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID) -> ApiKey:
    """A key that may listen, for who may work with keys. Stranger: ``NotFound``; viewer: ``NotAllowed``."""
    owner = access_organization(actor=actor, pk=organization)
    if not works_for(actor, owner):
        raise NotAllowed(_("You can see which keys may listen, but not their passwords."))
    keys = ApiKey.objects.usable(clock.now()).filter(organization=owner, scopes__contains=[Scope.MQTT])
    key = keys.filter(pk=pk).select_related("organization").first()
    if key is None:
        raise NotFound(_("This page does not exist."))
    return key
