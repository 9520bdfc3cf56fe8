"""Making keys: an organization's, a person's, the one of the docs page. Each is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.accounts.models import User
from apps.apikeys.enums import DOCS_SCOPES, KeyKind, Scope
from apps.apikeys.models import ApiKey
from apps.apikeys.rules import MAX_NETWORKS, networks_read, secret_mark, token_digest, token_make
from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotAllowed
from apps.core.text import clean_line
from apps.organizations.models import Membership, Organization
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

DEFAULT_LIFETIME = timedelta(days=365)
DOCS_LIFETIME = timedelta(hours=1)
#: Usable keys of one person at a time.
MAX_PERSONAL = 5


@sensitive_variables("token")
@transaction.atomic
def api_key_create(
    *,
    organization: Organization,
    actor: User | None,
    name: str,
    scopes: Sequence[str],
    trials: Iterable[Trial] = (),
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which exists only in this answer; PostgreSQL keeps an HMAC.

    ``trials`` limits it (none: every trial of the organization), ``networks`` too (CIDR; none: from
    anywhere). Valid for a year unless told. Raises ``InvalidInput`` by field.
    """
    now = now or clock.now()
    expires_at = expires_at or now + DEFAULT_LIFETIME
    name, limited = clean_line(name), list(trials)
    allowed, unread = networks_read(networks)
    wrong = _wrong(name, expires_at, now) | _wrong_networks(allowed, unread)
    if not scopes or not set(scopes) <= set(Scope.values):
        wrong["scopes"] = [_("Choose at least one thing the key may do.")]
    if allowed and Scope.MQTT in scopes:
        # The broker lets in by name and password and does not ask from where.
        text = _(
            "Data over MQTT cannot be limited to networks. Make a key of its own for it, without networks."
        )
        wrong["networks"] = [text]
    own = set(trials_of(organization).values_list("pk", flat=True)) if limited else set()
    if any(trial.pk not in own for trial in limited):
        wrong["trials"] = [_("Your organization does not take part in one of these trials.")]
    _refuse(wrong)
    key = ApiKey(
        organization=organization,
        name=name,
        scopes=sorted(set(scopes)),
        networks=allowed,
        created_by=actor,
        expires_at=expires_at,
    )
    return key, key_issue(key=key, trials=limited)


@sensitive_variables("token")
@transaction.atomic
def docs_key_create(
    *, actor: User, organization: Organization, trial: Trial, now: datetime | None = None
) -> tuple[ApiKey, str]:
    """A key for trying the API on the docs page: reads ``trial`` of ``organization`` for one hour.

    For every member, those who may only look too. The one that the same person had for the same trial
    ends. Raises ``NotAllowed`` for others, ``InvalidInput`` for another's trial.
    """
    now = now or clock.now()
    if not Membership.objects.filter(user=actor.pk, organization=organization).exists():
        raise NotAllowed(_("Only members of the organization can make this key."))
    if not trials_of(organization).filter(pk=trial.pk).exists():
        text = _("Your organization does not take part in one of these trials.")
        raise InvalidInput(text, fields={"trial": [text]})
    before = ApiKey.objects.filter(
        kind=KeyKind.DOCS, organization=organization, created_by=actor, trials=trial, revoked_at=None
    )
    ApiKey.objects.filter(pk__in=before.values("pk")).update(revoked_at=now, updated_at=now)
    key = ApiKey(
        kind=KeyKind.DOCS,
        organization=organization,
        name=_("Trying the API, %(trial)s") % {"trial": trial.code},
        scopes=sorted(DOCS_SCOPES),
        created_by=actor,
        expires_at=now + DOCS_LIFETIME,
    )
    return key, key_issue(key=key, trials=[trial])


@sensitive_variables("token")
@transaction.atomic
def personal_key_create(
    *,
    person: User,
    name: str,
    networks: Sequence[str] = (),
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A key of a person without a company: reads what is public, with a higher limit than without a key.

    At most ``MAX_PERSONAL`` at a time (``Conflict``, ``too_many_keys``). Raises ``InvalidInput`` by field.
    """
    now = now or clock.now()
    expires_at = expires_at or now + DEFAULT_LIFETIME
    name = clean_line(name)
    allowed, unread = networks_read(networks)
    _refuse(_wrong(name, expires_at, now) | _wrong_networks(allowed, unread))
    User.objects.select_for_update().get(pk=person.pk)
    if ApiKey.objects.filter(person=person, replacement=None).usable(now).count() >= MAX_PERSONAL:
        text = _("You have %(count)d keys. Revoke one first.") % {"count": MAX_PERSONAL}
        raise Conflict(text, code="too_many_keys")
    key = ApiKey(
        kind=KeyKind.PERSONAL,
        person=person,
        name=name,
        scopes=[Scope.READ_OPEN],
        networks=allowed,
        created_by=person,
        expires_at=expires_at,
    )
    return key, key_issue(key=key, trials=[])


@sensitive_variables("token")
def key_issue(*, key: ApiKey, trials: Sequence[Trial], action: str = "api_key.create") -> str:
    """Give ``key`` its secret, keep and record it; the whole key. Called in a transaction."""
    key.lookup, token = token_make(key.kind)
    newest = settings.API_KEY_SECRETS[0]
    key.digest, key.digest_mark = token_digest(token, newest), secret_mark(newest)
    key.full_clean(exclude=["digest", "created_by"])
    key.save()
    key.trials.set(trials)
    data = {
        "kind": str(key.kind),
        "scopes": list(key.scopes),
        "trials": [trial.code for trial in trials],
        "networks": key.networks,
        "until": key.expires_at.isoformat(),
    }
    if key.replaces is not None:
        data["replaces"] = key.replaces.lookup
    record(action=action, actor=key.created_by, target=key, organization_id=key.organization_id, data=data)
    return token


def _wrong(name: str, expires_at: datetime, now: datetime) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if not name or len(name) > 80:
        wrong["name"] = [_("Give the key a name of up to 80 characters.")]
    if expires_at <= now:
        wrong["expires_at"] = [_("Choose a time in the future.")]
    return wrong


def _wrong_networks(networks: Sequence[str], unread: Sequence[str]) -> dict[str, list[str]]:
    if unread:
        text = _("“%(text)s” is no address or network. Write for example 203.0.113.0/24 or 2001:db8::/32.")
        return {"networks": [text % {"text": part[:50]} for part in unread[:3]]}
    if len(networks) > MAX_NETWORKS:
        return {"networks": [_("Give up to %(count)d networks.") % {"count": MAX_NETWORKS}]}
    return {}


def _refuse(wrong: dict[str, list[str]]) -> None:
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)
