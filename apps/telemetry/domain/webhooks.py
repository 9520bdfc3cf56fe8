"""Webhooks of an organization: making, changing, switching, replacing the secret, removing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict, InvalidInput, NotFound
from apps.core.sealing import seal
from apps.core.text import clean_line
from apps.organizations.models import Organization
from apps.telemetry.domain.news import listener_refresh
from apps.telemetry.domain.telling import webhook_queue
from apps.telemetry.enums import NewsKind
from apps.telemetry.integrations.web import Policy
from apps.telemetry.integrations.web_address import BadAddress, is_open, literal, target_of
from apps.telemetry.models import WebhookEndpoint, WebhookSecret
from apps.telemetry.rules.webhook_signature import secret_make
from apps.telemetry.rules.webhook_words import address_words
from apps.trials.models import Trial
from apps.trials.selectors import trials_of

if TYPE_CHECKING:
    from apps.accounts.models import User

__all__ = [
    "webhook_change",
    "webhook_create",
    "webhook_delete",
    "webhook_queue",
    "webhook_rotate",
    "webhook_switch",
]
#: Webhooks that an organization may have.
MOST: Final = 20
#: How long the secret before may go on signing.
OVERLAPS: Final = (timedelta(0), timedelta(days=1), timedelta(days=7))


@sensitive_variables("secret")
@transaction.atomic
def webhook_create(
    *,
    organization: Organization,
    actor: User | None,
    name: str,
    url: str,
    kinds: Sequence[str],
    trials: Iterable[Trial] = (),
    now: datetime | None = None,
) -> tuple[WebhookEndpoint, str]:
    """A new webhook and its signing secret, which exists in plain only in this answer.

    ``trials`` limits it (none: all of the organization's). Raises ``InvalidInput`` by field, ``Conflict``
    when there are too many.
    """
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if WebhookEndpoint.objects.filter(organization=organization).count() >= MOST:
        raise Conflict(
            _("An organization can have %(most)d webhooks. Remove one first.") % {"most": MOST},
            code="webhooks_full",
            data={"limit": MOST},
        )
    name, url, limited = clean_line(name), url.strip(), list(trials)
    _check(organization, name, url, kinds, limited)
    endpoint = WebhookEndpoint(
        organization=organization, name=name, url=url, kinds=_ordered(kinds), created_by=actor
    )
    endpoint.full_clean(exclude=["created_by"])
    endpoint.save()
    endpoint.trials.set(limited)
    secret = _secret_add(endpoint, now or clock.now())
    listener_refresh(organization=organization)
    _note("webhook.create", endpoint, actor, limited)
    return endpoint, secret


@transaction.atomic
def webhook_change(
    *,
    endpoint: WebhookEndpoint,
    actor: User | None,
    name: str | None = None,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    trials: Iterable[Trial] | None = None,
) -> WebhookEndpoint:
    """Another name, address, kinds or trials; None: as it is. What waits already goes to the new address at
    once."""
    endpoint = _locked(endpoint)
    name = endpoint.name if name is None else clean_line(name)
    url = endpoint.url if url is None else url.strip()
    kinds = endpoint.kinds if kinds is None else kinds
    limited = list(endpoint.trials.all() if trials is None else trials)
    _check(endpoint.organization, name, url, kinds, [] if trials is None else limited)
    if endpoint.url != url:
        _rested(endpoint)
    endpoint.name, endpoint.url, endpoint.kinds = name, url, _ordered(kinds)
    endpoint.full_clean(exclude=["created_by"])
    endpoint.save()
    endpoint.trials.set(limited)
    _note("webhook.change", endpoint, actor, limited)
    return endpoint


@transaction.atomic
def webhook_switch(
    *, endpoint: WebhookEndpoint, actor: User | None, on: bool, now: datetime | None = None
) -> WebhookEndpoint:
    """On or off. While off no messages are made; those that wait stay and go out once it is on again."""
    endpoint = _locked(endpoint)
    if endpoint.is_active == on:
        return endpoint
    endpoint.is_active, endpoint.off_reason = on, ""
    endpoint.off_at = None if on else now or clock.now()
    _rested(endpoint)
    endpoint.save()
    listener_refresh(organization=endpoint.organization)
    record(
        action="webhook.switch_on" if on else "webhook.switch_off",
        actor=actor,
        target=endpoint,
        organization_id=endpoint.organization_id,
    )
    return endpoint


@sensitive_variables("secret")
@transaction.atomic
def webhook_rotate(
    *, endpoint: WebhookEndpoint, actor: User | None, overlap: timedelta, now: datetime | None = None
) -> str:
    """A new secret, shown once; those before go on signing beside it for ``overlap``."""
    if not timedelta(0) <= overlap <= OVERLAPS[-1]:
        raise InvalidInput(
            _("Some values cannot be accepted."),
            fields={"overlap": [_("Choose a time of up to 7 days.")]},
        )
    now, endpoint = now or clock.now(), _locked(endpoint)
    before = WebhookSecret.objects.filter(endpoint=endpoint)
    before.filter(expires_at__lte=now).delete()
    if overlap:
        before.filter(expires_at=None).update(expires_at=now + overlap)
        before.filter(expires_at__gt=now + overlap).update(expires_at=now + overlap)
    else:
        before.delete()
    secret = _secret_add(endpoint, now)
    record(
        action="webhook.rotate",
        actor=actor,
        target=endpoint,
        organization_id=endpoint.organization_id,
        data={"overlap_hours": overlap.total_seconds() / 3600},
    )
    return secret


@transaction.atomic
def webhook_delete(*, endpoint: WebhookEndpoint, actor: User | None) -> None:
    """Remove it with its log. What waits is never sent."""
    endpoint = _locked(endpoint)
    record(action="webhook.delete", actor=actor, target=endpoint, organization_id=endpoint.organization_id)
    organization = endpoint.organization
    endpoint.delete()
    listener_refresh(organization=organization)


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    # The couriers lock it too: what they write and what a person writes follow one another.
    rows = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint.pk)
    locked: WebhookEndpoint | None = rows.first()
    if locked is None:
        raise NotFound(_("This webhook was removed."))
    return locked


def _rested(endpoint: WebhookEndpoint) -> None:
    """A new beginning: nothing is held back for what failed before."""
    endpoint.failing_since = endpoint.rest_until = endpoint.told_at = None
    endpoint.failures = 0


@sensitive_variables()
def _secret_add(endpoint: WebhookEndpoint, now: datetime) -> str:
    secret = secret_make()
    sealed = seal(secret.encode(), settings.WEBHOOK_SECRETS)
    WebhookSecret.objects.create(endpoint=endpoint, sealed=sealed, made_at=now, expires_at=None)
    return secret


def _check(
    organization: Organization, name: str, url: str, kinds: Sequence[str], trials: list[Trial]
) -> None:
    wrong: dict[str, list[str]] = {}
    if not name or len(name) > 80:
        wrong["name"] = [_("Give the webhook a name of up to 80 characters.")]
    if problem := url_problem(url):
        wrong["url"] = [problem]
    if not kinds or not set(kinds) <= set(NewsKind.values):
        wrong["kinds"] = [_("Choose at least one thing that it tells of.")]
    own = set(trials_of(organization).values_list("pk", flat=True)) if trials else set()
    if any(trial.pk not in own for trial in trials):
        wrong["trials"] = [_("Your organization does not take part in one of these trials.")]
    if wrong:
        raise InvalidInput(_("Some values cannot be accepted."), fields=wrong)


def url_problem(url: str) -> str:
    """Why no message can go to ``url``, in words; empty when one can. Names are looked up when sending."""
    if len(url) > 500:
        return _("An address has 500 characters at most.")
    policy = Policy.of_settings()
    try:
        address = literal(target_of(url, plain=policy.plain).host)
    except BadAddress as error:
        return address_words(error.code)
    if address is not None and not is_open(address, policy.networks):
        return address_words("private")
    return ""


def _ordered(kinds: Sequence[str]) -> list[str]:
    return [kind for kind in NewsKind.values if kind in kinds]


def _note(action: str, endpoint: WebhookEndpoint, actor: User | None, trials: list[Trial]) -> None:
    data = {"url": endpoint.url, "kinds": endpoint.kinds, "trials": [trial.code for trial in trials]}
    record(action=action, actor=actor, target=endpoint, organization_id=endpoint.organization_id, data=data)
