"""Doors for events over HTTP: made, given a new secret, closed. A secret exists in one answer only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.audit.domain import record
from apps.core import clock
from apps.core.errors import Conflict
from apps.core.text import clean_line
from apps.network.models import IngestSource, NetworkServer

if TYPE_CHECKING:
    from apps.accounts.models import User

#: A scanner recognises a leaked one by it.
PREFIX: Final = "mtd_"
#: ``heard_at`` is written at most this often.
HEARD_EVERY: Final = timedelta(minutes=1)


def secret_digest(secret: str) -> str:
    """What is kept of a secret: it holds 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


@sensitive_variables("secret")
@transaction.atomic
def source_make(*, server: NetworkServer, name: str, actor: User | None) -> tuple[IngestSource, str]:
    """A new door of ``server`` and its secret."""
    secret = PREFIX + secrets.token_urlsafe(32)
    source = IngestSource(
        server=server, name=clean_line(name), secret_hash=secret_digest(secret), made_by=actor
    )
    source.full_clean()
    source.save()
    record(action="ingest_source.make", actor=actor, target=source, data={"server": str(server.pk)})
    return source, secret


@sensitive_variables("secret")
@transaction.atomic
def source_rotate(*, source: IngestSource, actor: User | None) -> str:
    """A new secret; the door forgets the old one within seconds."""
    source = IngestSource.objects.select_for_update().get(pk=source.pk)
    secret = PREFIX + secrets.token_urlsafe(32)
    source.secret_hash = secret_digest(secret)
    source.save(update_fields=["secret_hash", "updated_at"])
    record(action="ingest_source.rotate", actor=actor, target=source)
    return secret


@transaction.atomic
def source_rename(*, source: IngestSource, actor: User | None) -> IngestSource:
    """Keep the new name of ``source``."""
    source.name = clean_line(source.name)
    source.full_clean()
    source.save(update_fields=["name", "updated_at"])
    record(action="ingest_source.rename", actor=actor, target=source)
    return source


@transaction.atomic
def source_open(*, source: IngestSource, is_open: bool, actor: User | None) -> IngestSource:
    """Close a door or open it again; raises ``Conflict`` when it is so already."""
    source = IngestSource.objects.select_for_update().get(pk=source.pk)
    if source.is_active == is_open:
        raise Conflict(_("That is so already."))
    source.is_active = is_open
    source.save(update_fields=["is_active", "updated_at"])
    record(
        action="ingest_source.open" if is_open else "ingest_source.close",
        actor=actor,
        target=source,
    )
    return source


def sources_heard(*, sources: Collection[UUID], now: datetime | None = None) -> None:
    """Note that events came through ``sources``, once a minute."""
    now = now or clock.now()
    stale = Q(heard_at=None) | Q(heard_at__lt=now - HEARD_EVERY)
    IngestSource.objects.filter(stale, pk__in=sources).update(heard_at=now)
