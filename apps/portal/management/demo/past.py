"""What the sample's past has left behind: mails that went out then, and days that lie back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from apps.outbox.enums import MessageState
from apps.outbox.models import Message


@contextmanager
def mails_left(moment: datetime) -> Iterator[None]:
    """Mails queued inside count as sent at ``moment``; held ones stay held."""
    before = list(Message.objects.filter(state=MessageState.QUEUED).values_list("pk", flat=True))
    yield
    new = Message.objects.filter(state=MessageState.QUEUED).exclude(pk__in=before)
    new.update(state=MessageState.SENT, sent_at=moment, created_at=moment)
