"""The mail server behind the outbox: one connection for a run, faults sorted by what helps."""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection


class Outage(Exception):
    """The server cannot be reached, or sends everyone away. Waiting helps."""


class Refused(Exception):
    """The server refused this mail or its address for good."""


#: Name, content, type.
Enclosed = tuple[str, bytes, str]


def mail_of(message: Any, enclosed: Sequence[Enclosed] = ()) -> EmailMessage:
    """A row of ``Message`` as it leaves. Its Message-ID is the row's: a duplicate can be known by it."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{message.pk}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": message.language,
    }
    mail = EmailMessage(message.subject, message.body, to=[message.to_email], headers=headers)
    for name, content, content_type in enclosed:
        mail.attach(name, content, content_type)
    return mail


class Transport:
    """``send`` opens the connection when it is first needed; use as a context manager."""

    def __init__(self) -> None:
        self._connection: Any = None

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *args: object) -> None:
        self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.close()

    def _open(self) -> Any:
        if self._connection is None:
            transport = settings.OUTBOX_TRANSPORT
            connection = get_connection(transport["backend"], **transport["options"])
            try:
                connection.open()
            except (OSError, smtplib.SMTPException) as error:
                raise Outage(_words(error)) from error
            self._connection = connection
        return self._connection

    def send(self, mail: EmailMessage) -> None:
        """Hand ``mail`` over; raises ``Outage``, ``Refused``, or whatever else went wrong this time."""
        connection = self._open()
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            self._refuse(code, text, error)
        except smtplib.SMTPDataError as error:
            self._refuse(error.smtp_code, error.smtp_error, error)
        except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
            self._close()
            raise Outage(_words(error)) from error

    def _refuse(self, code: int, text: bytes | str, error: smtplib.SMTPException) -> None:
        words = f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        if code == 421:
            self._close()
            raise Outage(words) from error
        if code >= 500:
            raise Refused(words) from error
        raise error


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
