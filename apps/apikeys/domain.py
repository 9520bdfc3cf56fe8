"""Writes of API keys: making one (shown once), revoking it, noting its use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import token_digest, token_make
from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import InvalidInput
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

if TYPE_CHECKING:
    from apps.accounts.models import User

DEFAULT_LIFETIME = timedelta(days=365)
#: ``last_used_at`` is written at most this often.
USE_NOTED_EVERY = timedelta(minutes=1)


@sensitive_variables("token")
@transaction.atomic
def api_key_create(
    *,
    organization: Organization,
    actor: User | None,
    name: str,
    scopes: Sequence[str],
    trials: Iterable[Trial] = (),
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which exists only in this answer; PostgreSQL keeps an HMAC.

    ``trials`` limits it (none: every trial of the organization). Valid for a year unless told.
    Raises ``InvalidInput`` by field.
    """
    now = now or clock.now()
    expires_at = expires_at or now + DEFAULT_LIFETIME
    name, limited = clean_line(name), list(trials)
    _check(organization, name, scopes, limited, expires_at, now)
    lookup, token = token_make()
    key = ApiKey(
        organization=organization,
        name=name,
        lookup=lookup,
        digest=token_digest(token, settings.API_KEY_SECRET),
        scopes=sorted(set(scopes)),
        created_by=actor,
        expires_at=expires_at,
    )
    key.full_clean(exclude=["digest", "created_by"])
    key.save()
    key.trials.set(limited)
    data = {
        "scopes": key.scopes,
        "trials": [trial.code for trial in limited],
        "until": expires_at.isoformat(),
    }
    record(action="api_key.create", actor=actor, target=key, organization_id=organization.pk, data=data)
    return key, token


def _check(
    organization: Organization,
    name: str,
    scopes: Sequence[str],
    trials: list[Trial],
    expires_at: datetime,
    now: datetime,
) -> None:
    wrong: dict[str, list[str]] = {}
    if not name or len(name) > 80:
        wrong["name"] = [_("Give the key a name of up to 80 characters.")]
    if not scopes or not set(scopes) <= set(Scope.values):
        wrong["scopes"] = [_("Choose at least one thing the key may do.")]
    own = set(trials_of(organization).values_list("pk", flat=True)) if trials else set()
    if any(trial.pk not in own for trial in trials):
        wrong["trials"] = [_("Your organization does not take part in one of these trials.")]
    if expires_at <= now:
        wrong["expires_at"] = [_("Choose a time in the future.")]
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)


@transaction.atomic
def api_key_revoke(*, key: ApiKey, actor: User | None, now: datetime | None = None) -> ApiKey:
    """End a key at once. Revoking twice revokes once."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = now or clock.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        record(action="api_key.revoke", actor=actor, target=key, organization_id=key.organization_id)
    return key


def api_key_used(*, key: ApiKey, now: datetime | None = None) -> None:
    """Note that ``key`` was used, at most once a minute."""
    now = now or clock.now()
    before = now - USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    key.last_used_at = now


@transaction.atomic
def organization_keys_move(*, keep: Organization, gone: Organization) -> None:
    """Keys of ``gone`` become those of ``keep`` and go on working."""
    ApiKey.objects.filter(organization=gone).update(organization=keep)
