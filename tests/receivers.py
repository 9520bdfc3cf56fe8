"""Receivers of webhooks: real HTTP servers of a test's own, each of which answers as it is told."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Got:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """``status`` and ``headers`` of every answer; ``act`` may answer in its place (then it returns True)."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b"ok"
    act: Callable[[BaseHTTPRequestHandler, Got], bool] | None = None
    got: list[Got] = field(default_factory=list)
    #: Set when the test is over: whoever hangs goes on then.
    over: threading.Event = field(default_factory=threading.Event)

    def hang(self, handler: BaseHTTPRequestHandler, got: Got) -> bool:
        self.over.wait(60)
        return True


@contextlib.contextmanager
def receiver(
    host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[Receiver]:
    """Serves on a free port until the block ends."""
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length))
            here.got.append(got)
            if here.act is not None and here.act(self, got):
                return
            self.send_response(here.status)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(here.answer)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(here.answer)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments: Any) -> None:
            """A client that goes away in the middle is what these tests are about."""

    server = Quiet((host, port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.over.set()
        server.shutdown()
        server.server_close()
