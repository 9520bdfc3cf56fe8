"""What the use of a key leaves behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from apps.apikeys.models import ApiKey
from apps.apikeys.rules import address_shortened, secret_mark, token_digest
from apps.core import clock
from apps.core.text import clean_line

#: The last use is written at most this often.
USE_NOTED_EVERY = timedelta(minutes=1)
_AGENT_LENGTH = 120


def agent_shortened(agent: str) -> str:
    """What is kept of the name of a program, on one line."""
    return clean_line(agent[:500])[:_AGENT_LENGTH]


def api_key_used(*, key: ApiKey, address: str = "", agent: str = "", now: datetime | None = None) -> None:
    """Note that ``key`` was used, at most once a minute: when, from which network, by which program.

    Of ``address`` only the network is kept (/24 of IPv4, /48 of IPv6): see ``address_shortened``.
    """
    now = now or clock.now()
    before = now - USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > before:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
    values = {
        "last_used_at": now,
        "last_used_from": address_shortened(address),
        "last_used_agent": agent_shortened(agent),
    }
    ApiKey.objects.filter(stale, pk=key.pk).update(**values)
    for name, value in values.items():
        setattr(key, name, value)


@sensitive_variables("token")
def api_key_digest_again(*, key: ApiKey, token: str) -> None:
    """Keep ``key``, of which ``token`` is the text, under the newest secret of the server. Once is enough."""
    newest = settings.API_KEY_SECRETS[0]
    mark = secret_mark(newest)
    if key.digest_mark == mark:
        return
    digest = token_digest(token, newest)
    ApiKey.objects.filter(pk=key.pk, digest=key.digest).update(digest=digest, digest_mark=mark)
    key.digest, key.digest_mark = digest, mark
