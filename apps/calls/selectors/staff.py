"""What staff read beside an application."""

from __future__ import annotations

from apps.calls.models import Application
from apps.outbox.enums import MessageState
from apps.outbox.models import Message


def decision_mail_of(application: Application, batch: str) -> Message | None:
    """The lead's mail of the present decision, held or sent; None when nothing was decided.

    Joint applicants get the same; their mails have longer keys.
    """
    rows = Message.objects.filter(
        batch__in=(batch, f"waitlist-{application.code}"),
        dedupe_key__startswith="calls-decision-",
        dedupe_key__regex=rf":{application.pk}:\d+$",
    )
    return rows.exclude(state=MessageState.DISCARDED).order_by("-created_at").first()


def over_the_call(application: Application) -> bool:
    """More is granted than the call names as its guide."""
    call = application.call
    devices, messages = application.granted_devices or 0, application.granted_messages or 0
    return devices > call.device_quota or messages > call.message_quota
