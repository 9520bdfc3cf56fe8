"""Reading API keys: the door to one, the lists of a workspace, and whose key a token is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.apikeys.enums import Scope
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey, ApiKeyQuerySet
from apps.apikeys.rules import digest_equal, token_digest, token_lookup
from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Organization
from apps.organizations.selectors import access_organization
from apps.trials.permissions import works_for

if TYPE_CHECKING:
    from apps.accounts.models import User

#: Compared with when no row is found, so that an unknown key takes as long as a wrong one.
_NO_DIGEST = "0" * 64


def access_keys(
    *, actor: User | Any, organization: uuid.UUID, write: bool = False
) -> tuple[Organization, ApiKeyQuerySet]:
    """An organization and its keys. Stranger: ``NotFound``; may only look: ``NotAllowed`` for writes."""
    owner = access_organization(actor=actor, pk=organization)
    if write and not works_for(actor, owner):
        raise NotAllowed(_("You can see the API keys, but not make or revoke them."))
    return owner, ApiKey.objects.visible_to(actor).filter(organization=owner)


def access_key(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False) -> ApiKey:
    """One key of an organization; errors as ``access_keys``."""
    _owner, keys = access_keys(actor=actor, organization=organization, write=write)
    key = keys.filter(pk=pk).select_related("organization").first()
    if key is None:
        raise NotFound(_("This page does not exist."))
    return key


def key_of_token(token: str, *, now: datetime | None = None) -> ApiKey:
    """The usable key that ``token`` is; raises ``KeyRefused``.

    Only who holds the whole key learns that it expired or was revoked. The digest is compared in
    constant time, also when there is no such key.
    """
    lookup = token_lookup(token)
    if lookup is None:
        raise KeyRefused(_("This API key is not complete. Copy it again, all of it."))
    key = ApiKey.objects.select_related("organization").filter(lookup=lookup).first()
    digest = token_digest(token, settings.API_KEY_SECRET)
    same = digest_equal(digest, key.digest if key else _NO_DIGEST)
    if key is None or not same:
        raise KeyRefused(_("This API key is not known."))
    if key.revoked_at is not None:
        raise KeyRefused(_("This API key was revoked. Make a new one in your workspace."), code="key_revoked")
    if not key.is_usable(now or clock.now()):
        raise KeyRefused(_("This API key has expired. Make a new one in your workspace."), code="key_expired")
    return key


@dataclass(frozen=True)
class KeyRow:
    """A key as the list shows it; ``state`` is ``usable``, ``expired`` or ``revoked``."""

    key: ApiKey
    state: str
    scopes: list[str]
    trials: list[str]


def key_rows(keys: Iterable[ApiKey], *, now: datetime | None = None) -> list[KeyRow]:
    """``keys`` in words. Prefetch their ``trials``."""
    now = now or clock.now()
    labels = {value: str(label) for value, label in Scope.choices}
    rows = []
    for key in keys:
        ended = "revoked" if key.revoked_at else "expired"
        state = "usable" if key.is_usable(now) else ended
        scopes = [labels.get(scope, scope) for scope in key.scopes]
        rows.append(KeyRow(key, state, scopes, [trial.code for trial in key.trials.all()]))
    return rows
