"""A real mail server on a free port, and what it took."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class Handler:
    """Keeps mails; refuses ``refused@…`` for good and ``later@…`` for now."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("refused@"):
            return "550 5.1.1 No such person"
        if address.startswith("later@"):
            return "451 4.7.1 Please try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class MailServer:
    """``start`` and ``stop`` as often as wished, on the same port."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.handler = Handler()
        self._controller: Controller | None = None

    @property
    def taken(self) -> list[Any]:
        return self.handler.taken

    def start(self) -> None:
        self._controller = Controller(self.handler, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.OUTBOX_TRANSPORT = {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "options": {"host": "127.0.0.1", "port": server.port, "timeout": 60},
    }
    server.start()
    yield server
    server.stop()
