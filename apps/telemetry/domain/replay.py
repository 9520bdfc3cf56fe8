"""Sending a dead letter through the ingest again, once what was missing is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.domain import record
from apps.core.errors import Conflict, InvalidInput
from apps.core.text import clean_line
from apps.devices.integrations.codec import CodecRunner
from apps.telemetry.domain.batch import Incoming
from apps.telemetry.domain.ingest import store_batch
from apps.telemetry.enums import DeadLetterState
from apps.telemetry.models import DeadLetter
from apps.telemetry.selectors.masks import masked_dev_euis


def dead_letter_replay(
    *, letter: DeadLetter, actor: Any, runner: CodecRunner | None = None, now: datetime | None = None
) -> bool:
    """Send a kept message through the ingest again; returns whether it is stored now.

    Storing and marking are two transactions: a crash between them leaves it kept, and the next replay
    finds the uplink stored already. Raises ``Conflict`` when it was discarded or has no content.
    """
    if letter.state == DeadLetterState.DISCARDED:
        raise Conflict(_("This message was discarded. It cannot be replayed."))
    if letter.withheld:
        raise Conflict(_("The content of this message was not kept. It cannot be stored."))
    if runner is None:
        with CodecRunner() as own:
            return dead_letter_replay(letter=letter, actor=actor, runner=own, now=now)
    message = Incoming(letter.topic, bytes(letter.payload), letter.received_at)
    result = store_batch(messages=[message], runner=runner, now=now)
    stored = result.dead == 0
    with transaction.atomic():
        if stored:
            letter.state = DeadLetterState.REPLAYED
            if masked_dev_euis({letter.dev_eui}):
                # It came before its device was known; what may be kept of it is stored now.
                letter.payload, letter.withheld = b"", True
            letter.save(update_fields=["state", "payload", "withheld", "updated_at"])
        record(action="dead_letter.replay", actor=actor, target=letter, data={"stored": stored})
    return stored


def dead_letters_replay(*, letters: Iterable[DeadLetter], actor: Any) -> tuple[int, int]:
    """Replay those of ``letters`` that can be; (stored now, tried)."""
    able = [letter for letter in letters if letter.state == DeadLetterState.KEPT and not letter.withheld]
    if not able:
        return 0, 0
    with CodecRunner() as runner:
        stored = sum(dead_letter_replay(letter=letter, actor=actor, runner=runner) for letter in able)
    return stored, len(able)


@transaction.atomic
def dead_letter_discard(*, letter: DeadLetter, actor: Any, reason: str) -> DeadLetter:
    """Say that a kept message is not needed, and why; it stays to be looked at.

    Raises ``InvalidInput`` without a reason, ``Conflict`` when it is stored or discarded already.
    """
    reason = clean_line(reason)[:300]
    if not reason:
        raise InvalidInput(_("Say why."), fields={"reason": [_("Say why.")]})
    letter = DeadLetter.objects.select_for_update().get(pk=letter.pk)
    if letter.state != DeadLetterState.KEPT:
        raise Conflict(_("That is so already."))
    letter.state, letter.discard_reason = DeadLetterState.DISCARDED, reason
    letter.save(update_fields=["state", "discard_reason", "updated_at"])
    record(action="dead_letter.discard", actor=actor, target=letter, data={"reason": reason})
    return letter
