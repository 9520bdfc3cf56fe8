"""Ending keys: at once, or by another that takes the place of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.apikeys.domain.making import key_issue
from apps.apikeys.enums import KeyKind
from apps.apikeys.models import ApiKey
from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput
from apps.organizations.models import Organization

if TYPE_CHECKING:
    from apps.accounts.models import User

#: The longest time in which a key and the one in its place both work.
MAX_OVERLAP = timedelta(days=30)


@transaction.atomic
def api_key_revoke(*, key: ApiKey, actor: User | None, now: datetime | None = None) -> ApiKey:
    """End a key at once. Revoking twice revokes once."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = now or clock.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        record(action="api_key.revoke", actor=actor, target=key, organization_id=key.organization_id)
    return key


@sensitive_variables("token")
@transaction.atomic
def api_key_rotate(
    *, key: ApiKey, actor: User, overlap: timedelta, now: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key in the place of ``key`` and its text: the same name, scopes, trials, networks, lifetime.

    ``key`` works for ``overlap`` longer (zero: it ends now), never longer than it would have. Raises
    ``Conflict``: ``key_replaced`` when another took its place before, ``key_ended`` when it does not
    work any more.
    """
    now = now or clock.now()
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        text = _("Both keys can work for up to %(days)d days.") % {"days": MAX_OVERLAP.days}
        raise InvalidInput(text, fields={"overlap": [text]})
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if ApiKey.objects.filter(replaces=key).exists():
        raise Conflict(_("Another key took the place of this one already."), code="key_replaced")
    if not key.is_usable(now) or key.kind == KeyKind.DOCS:
        raise Conflict(_("This key does not work any more. Make a new one."), code="key_ended")
    new = ApiKey(
        kind=key.kind,
        organization_id=key.organization_id,
        person_id=key.person_id,
        name=key.name,
        scopes=key.scopes,
        networks=key.networks,
        created_by=actor,
        expires_at=now + (key.expires_at - key.created_at),
        family=key.family,
        replaces=key,
    )
    token = key_issue(key=new, trials=list(key.trials.all()), action="api_key.rotate")
    key.expires_at = min(key.expires_at, now + overlap)
    key.save(update_fields=["expires_at", "updated_at"])
    return new, token


@transaction.atomic
def organization_keys_move(*, keep: Organization, gone: Organization) -> None:
    """Keys of ``gone`` become those of ``keep`` and go on working."""
    ApiKey.objects.filter(organization=gone).update(organization=keep)
