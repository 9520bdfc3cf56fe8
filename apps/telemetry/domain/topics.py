"""Topics of an organization: what its devices sent, over MQTT, to keys with that scope.

``machitry/<organization>/<trial>/<DevEUI>/up`` and ``…/event``. Who may listen follows from the keys: the
courier compares them with the broker's clients, makes what is missing and removes what is over.
A password is derived from the key's id under a secret of its own, so a broker that lost its file gets the
same clients again; the key itself is kept nowhere and could not be given to it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apps.apikeys.enums import Scope
from apps.apikeys.models import ApiKey, ApiKeyQuerySet
from apps.audit.domain import record
from apps.core import clock
from apps.core.json_text import json_bytes
from apps.organizations.models import Organization
from apps.telemetry.domain.fresh import Fresh
from apps.telemetry.domain.news import listener_set
from apps.telemetry.domain.telling import devices_told, event_told, uplink_told
from apps.telemetry.enums import LATER
from apps.telemetry.integrations.mqtt import Broker
from apps.telemetry.integrations.topics import (
    PREFIX,
    ROOT,
    TopicsAway,
    TopicsBroker,
    TopicsClient,
    TopicsRefused,
)
from apps.telemetry.models import Listener

if TYPE_CHECKING:
    from apps.accounts.models import User

logger = structlog.get_logger(__name__)
#: The connection of this process; only the courier has one.
_outlet: TopicsBroker | None = None
#: Seconds for which a broker that did not answer is left alone.
REST: Final = 10.0
_rests_until = float("-inf")


@dataclass(frozen=True)
class Synced:
    """Clients of the broker that were made and removed."""

    made: int = 0
    removed: int = 0


def outlet_set(outlet: TopicsBroker | None) -> None:
    """From now on ``topics_follow`` publishes through ``outlet``; None: not at all."""
    global _outlet
    _outlet = outlet


def topics_keys(now: datetime) -> ApiKeyQuerySet:
    """The keys that may listen: not those limited to networks, of which the broker knows nothing."""
    keys = ApiKey.objects.usable(now).filter(
        scopes__contains=[Scope.MQTT], organization__isnull=False, networks=[]
    )
    return keys.prefetch_related("trials")


def topics_of(key: ApiKey) -> frozenset[str]:
    """What a key may listen to."""
    codes = [trial.code for trial in key.trials.all()]
    own = f"{ROOT}/{key.organization_id}"
    return frozenset(f"{own}/{code}/#" for code in codes) if codes else frozenset({f"{own}/#"})


def topics_username(key: ApiKey) -> str:
    return f"{PREFIX}{key.lookup}"


@sensitive_variables()
def topics_password(key: ApiKey) -> str:
    """The password of ``key`` at the broker: 160 bits under MACHITRY_TOPICS_SECRET."""
    name = key.pk.bytes
    return hmac.new(settings.TOPICS_SECRET.encode(), name, hashlib.sha256).hexdigest()[:40]


@sensitive_variables()
def topics_password_show(*, key: ApiKey, actor: User | Any) -> dict[str, str]:
    """Name and password of ``key`` at the broker, and what it may listen to; written into the record."""
    record(action="api_key.mqtt_password", actor=actor, target=key, organization_id=key.organization_id)
    topic = min(topics_of(key))
    return {"username": topics_username(key), "password": topics_password(key), "topic": topic}


def topics_sync(*, broker: TopicsBroker, now: datetime | None = None) -> Synced:
    """Make the broker's clients what the keys say; raises ``TopicsAway``. Safe to call at any time."""
    keys = list(topics_keys(now or clock.now()))
    _listen({key.organization_id for key in keys if key.organization_id})
    wanted = {topics_username(key): key for key in keys}
    there = broker.clients()
    gone = [name for name in there if name not in wanted]
    new = [key for name, key in wanted.items() if there.get(name) != topics_of(key)]
    for name in gone:
        broker.shut_out(name)
    for key in new:
        broker.let_in(TopicsClient(topics_username(key), topics_password(key), topics_of(key)))
    if gone or new:
        logger.info("topics_synced", made=len(new), removed=len(gone))
    return Synced(len(new), len(gone))


def _listen(organizations: set[uuid.UUID]) -> None:
    known = set(Listener.objects.filter(topics=True).values_list("organization_id", flat=True))
    for organization in Organization.objects.filter(pk__in=organizations ^ known):
        listener_set(organization=organization, topics=organization.pk in organizations)


def topics_follow(*, fresh: Fresh, now: datetime) -> int:
    """Publish what is ``fresh``; returns how many messages.

    A broker that is away holds up nobody: it is live data, and everything is in the API.
    """
    global _rests_until
    if _outlet is None or time.monotonic() < _rests_until:
        return 0
    if not Listener.objects.filter(pk=fresh.organization_id, topics=True).exists():
        return 0
    try:
        return _outlet.publish(topics_messages(fresh), seconds=2.0)
    except TopicsAway:
        # Others' webhooks wait in the same turn: one wait is enough for all.
        _rests_until = time.monotonic() + REST
        logger.warning("topics_away", organization=str(fresh.organization_id))
        return 0


def topics_messages(fresh: Fresh) -> list[tuple[str, bytes]]:
    """Topic and body of everything in ``fresh``, in the order of its times.

    The topic names the trial in which it came, also when the device left that a moment later.
    """
    uplinks = [one for one in fresh.uplinks if one.decode_state not in LATER]
    devices = devices_told([*uplinks, *fresh.events])
    told = [(devices.of(one), "up", uplink_told(one, devices)) for one in uplinks]
    told += [(devices.of(one), "event", event_told(one, devices)) for one in fresh.events]
    return [
        (_topic(fresh.organization_id, device, kind), json_bytes(body))
        for device, kind, body in told
        if device is not None
    ]


def _topic(organization: uuid.UUID, device: Mapping[str, object], kind: str) -> str:
    return f"{ROOT}/{organization}/{device['trial']}/{device['dev_eui']}/{kind}"


class TopicsKeeper:
    """The courier's hold on the companies' broker: one connection, compared with the keys again and again."""

    EVERY = 3.0

    def __init__(self) -> None:
        self._broker = TopicsBroker(
            Broker(settings.TOPICS_URL, settings.TOPICS_USERNAME, settings.TOPICS_PASSWORD)
        )
        self._prepared = False
        self._synced = float("-inf")
        outlet_set(self._broker)

    def tick(self) -> None:
        """Compare when it is time; a broker that is away is asked again next time."""
        if not self._broker.connected or time.monotonic() - self._synced < self.EVERY:
            return
        self._synced = time.monotonic()
        try:
            if not self._prepared:
                self._broker.prepare(settings.TOPICS_USERNAME)
                self._prepared = True
            topics_sync(broker=self._broker)
        except TopicsAway:
            self._prepared = False
            logger.warning("topics_away")
        except TopicsRefused as refused:
            # Another courier was a moment earlier, or a right is missing: webhooks go on all the same.
            self._prepared = False
            logger.warning("topics_refused", reason=str(refused)[:200])

    def close(self) -> None:
        outlet_set(None)
        self._broker.close()
