"""Reading API keys: the door to one, the lists of a workspace, and whose key a token is."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F, Max, Q, Window
from django.utils.translation import gettext as _

from apps.apikeys.enums import KeyKind
from apps.apikeys.errors import KeyRefused
from apps.apikeys.models import ApiKey, ApiKeyQuerySet
from apps.apikeys.rules import digest_equal, is_within, token_digest, token_lookup
from apps.core import clock
from apps.core.errors import NotAllowed, NotFound
from apps.organizations.models import Membership, Organization
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
    return owner, _listed(ApiKey.objects.visible_to(actor).filter(organization=owner))


def own_keys(*, actor: User) -> ApiKeyQuerySet:
    """The keys for open data of the person themself."""
    return _listed(ApiKey.objects.filter(person=actor))


def access_own_key(*, actor: User, pk: uuid.UUID) -> ApiKey:
    """One of the person's own keys; ``NotFound`` for every other."""
    key = ApiKey.objects.filter(person=actor, pk=pk).select_related("replaces", "replacement").first()
    if key is None:
        raise NotFound(_("This page does not exist."))
    return key


def _listed(keys: ApiKeyQuerySet, now: datetime | None = None) -> ApiKeyQuerySet:
    """Newest families first, keys of one family together. Of those of the docs page only what works."""
    over = Q(kind=KeyKind.DOCS) & (Q(revoked_at__isnull=False) | Q(expires_at__lte=now or clock.now()))
    newest = Window(Max("created_at"), partition_by=[F("family")])
    rows = keys.exclude(over).annotate(newest=newest).select_related("replacement", "replaces")
    return rows.order_by("-newest", "family", "-created_at")


def access_key(*, actor: User | Any, organization: uuid.UUID, pk: uuid.UUID, write: bool = False) -> ApiKey:
    """One key of an organization; errors as ``access_keys``."""
    _owner, keys = access_keys(actor=actor, organization=organization, write=write)
    key = keys.filter(pk=pk).select_related("organization", "replaces", "replacement", "created_by").first()
    if key is None:
        raise NotFound(_("This page does not exist."))
    return key


def key_of_token(token: str, *, address: str | None = None, now: datetime | None = None) -> ApiKey:
    """The usable key that ``token`` is, in use from ``address`` (None: not asked); raises ``KeyRefused``.

    Only who holds the whole key learns that it expired or was revoked. The digest is compared in
    constant time, also when there is no such key.
    """
    lookup = token_lookup(token)
    if lookup is None:
        raise KeyRefused(_("This API key is not complete. Copy it again, all of it."))
    key = ApiKey.objects.by_lookup(lookup)
    kept = key.digest if key else _NO_DIGEST
    same = False
    for secret in settings.API_KEY_SECRETS:  # all of them, so that the time tells nothing
        same |= digest_equal(token_digest(token, secret), kept)
    if key is None or not same:
        raise KeyRefused(_("This API key is not known."))
    _check_usable(key, address, now or clock.now())
    return key


def key_held(token: str) -> ApiKey | None:
    """The key that ``token`` is, whether or not it may be used."""
    try:
        return key_of_token(token)
    except KeyRefused as refused:
        held: ApiKey | None = refused.key
        return held


def _is_of_a_member(key: ApiKey) -> bool:
    """A key of the docs page is its maker's: it ends with their membership. Other keys are the company's."""
    if key.kind != KeyKind.DOCS:
        return True
    members = Membership.objects.filter(organization=key.organization_id, user__is_active=True)
    return members.filter(user=key.created_by_id).exists()


def _check_usable(key: ApiKey, address: str | None, now: datetime) -> None:
    closed = key.person is not None and not key.person.is_active
    if key.revoked_at is not None or closed or not _is_of_a_member(key):
        text = _("This API key was revoked. Make a new one in your workspace.")
        raise KeyRefused(text, code="key_revoked", key=key)
    if not key.is_usable(now):
        if ApiKey.objects.filter(replaces=key.pk).exists():
            text = _("Another key took the place of this one, and the time in which both worked is over.")
            raise KeyRefused(text, code="key_replaced", key=key)
        text = _("This API key has expired. Make a new one in your workspace.")
        raise KeyRefused(text, code="key_expired", key=key)
    if address is not None and not is_within(address, key.networks):
        text = _("This API key may not be used from your address (%(address)s).") % {"address": address}
        refusal = KeyRefused(text, code="key_network", key=key)
        refusal.status = 403
        raise refusal
