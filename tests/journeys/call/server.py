"""A portal in a process of its own, on this test's database, that can be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from django.test import Client

from tests.journeys.stage import Person, Stage


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """``stage`` is led to it: people who come afterwards come here."""

    stage: Stage
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.stage.url = self.url
        self.process = self.stage.command(
            "runserver",
            f"127.0.0.1:{self.port}",
            "--noreload",
            "--insecure",
            MACHITRY_ALLOWED_HOSTS="127.0.0.1",
        )
        self.stage.wait("the server", self._answers)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=20):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL, as when the machine fails."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


def signed_in(person: Person, user: object) -> None:
    """A session for ``user`` in this person's browser, without the mail."""
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    value = client.cookies["sessionid"].value
    person.context.add_cookies([{"name": "sessionid", "value": value, "url": person.stage.url}])
