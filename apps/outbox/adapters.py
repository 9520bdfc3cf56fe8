"""Django's mail (and so allauth's) goes through the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from apps.outbox.integrations.wake import wake_on_commit
from apps.outbox.models import Message


class OutboxEmailBackend(BaseEmailBackend):
    """EMAIL_BACKEND: each recipient becomes a queued, secret message (sign-in codes)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        rows = [
            Message(
                to_email=address,
                language=(get_language() or "ja")[:2],
                template="django",
                subject=" ".join(str(message.subject).split())[:300],
                body=str(message.body),
                secret=True,
            )
            for message in email_messages
            for address in message.recipients()
        ]
        Message.objects.bulk_create(rows)
        wake_on_commit()
        return len(rows)
