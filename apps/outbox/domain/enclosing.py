"""Attachments, made when the mail leaves: the row stays small, and what is sent is never out of date."""

from __future__ import annotations

import structlog
from django.utils import translation
from django.utils.translation import gettext as _

from apps.outbox.domain.registry import attachment_build
from apps.outbox.integrations.transport import Enclosed
from apps.outbox.models import Message

logger = structlog.get_logger(__name__)
#: After so many attempts (a quarter of an hour) the mail leaves without: its words must not be lost.
ATTEMPTS = 5


class NotMade(Exception):
    """An attachment could not be made this time; the mail waits."""


def enclose(message: Message) -> list[Enclosed]:
    """What goes with the mail. Raises ``NotMade``; after the last attempt the mail says what is missing."""
    enclosed: list[Enclosed] = []
    for row in message.attachments:
        if row.get("left_out"):
            continue
        try:
            content, content_type = attachment_build(row, message.language)
        except Exception as error:
            words = f"{row['name']}: {type(error).__name__}: {error}"[:250]
            logger.warning("attachment_failed", message=str(message.pk), kind=row["kind"], error=words)
            if message.attempts + 1 < ATTEMPTS:
                raise NotMade(words) from error
            row["left_out"] = words
        else:
            enclosed.append((row["name"], content, content_type))
    _tell(message)
    return enclosed


def _tell(message: Message) -> None:
    """Say in the mail which attachment is missing; staff see why in the row."""
    missing = [row for row in message.attachments if row.get("left_out") and not row.get("told")]
    if not missing:
        return
    with translation.override(message.language):
        words = _("We could not attach %(names)s to this mail. You find it on your page.")
        names = ", ".join(row["name"] for row in missing)
        message.body = f"{message.body.rstrip()}\n\n{words % {'names': names}}\n"
    for row in missing:
        row["told"] = True
    message.save(update_fields=["attachments", "body", "updated_at"])
