"""Sending a dead letter through the ingest again, once what was missing is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import DeadLetterState
from apps.telemetry.models import DeadLetter


def dead_letter_replay(*, letter: DeadLetter, actor: Any, now: datetime | None = None) -> bool:
    """Send a kept message through the ingest again; returns whether it is stored now.

    Storing and marking are two transactions: a crash between them leaves it kept, and the next replay
    finds the uplink stored already.
    """
    if letter.state == DeadLetterState.DISCARDED:
        raise Conflict(_("This message was discarded. It cannot be replayed."))
    message = Incoming(letter.topic, bytes(letter.payload), letter.received_at)
    with CodecRunner() as runner:
        result = store_batch(messages=[message], runner=runner, now=now)
    stored = result.dead == 0
    with transaction.atomic():
        if stored:
            letter.state = DeadLetterState.REPLAYED
            letter.save(update_fields=["state", "updated_at"])
        record(action="dead_letter.replay", actor=actor, target=letter, data={"stored": stored})
    return stored
