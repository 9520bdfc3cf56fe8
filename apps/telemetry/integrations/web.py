"""One message to one receiver over HTTP, without ever reaching a private address.

The name is looked up here and the connection goes to the very address that was checked: what the name leads
to a moment later does not matter. Redirects are not followed, answers are read up to a limit, and nothing
takes longer than the whole time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import httpcore
from django.conf import settings
from httpcore import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from apps.telemetry.integrations.web_address import BadAddress, Network, Target, all_open, target_of

CONNECT_SECONDS: Final = 3.0
WHOLE_SECONDS: Final = 15.0
#: Bytes of an answer that are read; the rest is left on the wire.
ANSWER_BYTES: Final = 4096
#: Addresses of a name that are tried.
_TRIES: Final = 4
#: Names being looked up at the same time; a slow name server holds a thread for many seconds.
_LOOKERS: Final = 64
AGENT: Final = "Machitry-Webhooks/1"


class Refused(httpcore.ConnectError):
    """The name leads to an address that no message goes to."""


class Unknown(httpcore.ConnectError):
    """There is no such name, or nobody tells it."""


@dataclass(frozen=True)
class Policy:
    """``networks``: private ones that are allowed all the same; ``plain``: http beside https."""

    networks: tuple[Network, ...] = ()
    plain: bool = False

    @classmethod
    def of_settings(cls) -> Policy:
        networks = tuple(ipaddress.ip_network(text) for text in settings.WEBHOOK_NETWORKS)
        return cls(networks, settings.WEBHOOK_HTTP)


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` None: nothing; ``error`` then is a code of ``rules.webhook_words``."""

    status: int | None
    error: str = ""
    text: str = ""
    retry_after: str = ""
    took_ms: int = 0
    request_headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class CheckedBackend(AsyncNetworkBackend):
    """Connects to an address only after checking it, and to no other than the checked one."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._inner = AnyIOBackend()
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look-up")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        failure: Exception | None = None
        for address in (await self._addresses(host, port))[:_TRIES]:
            try:
                return await self._inner.connect_tcp(address, port, timeout=timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or Unknown(host)

    async def _addresses(self, host: str, port: int) -> list[str]:
        """All addresses of ``host``, every one checked; raises ``Refused`` and ``Unknown``."""
        loop = asyncio.get_running_loop()
        ask = loop.run_in_executor(self._lookers, _look_up, host, port)
        try:
            found = await asyncio.wait_for(ask, CONNECT_SECONDS)
        except TimeoutError:
            raise Unknown(host) from None
        except (OSError, UnicodeError) as error:
            raise Unknown(str(error)) from None
        if not all_open(found, self._policy.networks):
            raise Refused(host)
        return found

    def close(self) -> None:
        self._lookers.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


class Sender:
    """``post`` in one event loop; ``close`` when done. Each message gets a connection of its own."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy.of_settings()
        self._backend = CheckedBackend(self.policy)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send ``body`` as JSON; whatever happens becomes an ``Answer``."""
        begun = time.monotonic()
        sent = {"content-type": "application/json", "user-agent": AGENT, **headers}
        try:
            target = target_of(url, plain=self.policy.plain)
            sent = {"host": target.named, "content-length": str(len(body)), **sent}
            async with asyncio.timeout(WHOLE_SECONDS):
                status, text, retry_after = await self._exchange(target, body, sent)
        except Exception as error:  # noqa: BLE001, RUF100 -- a receiver may do anything
            return Answer(None, _code(error), took_ms=_ms(begun), request_headers=sent)
        return Answer(status, "", text, retry_after, _ms(begun), sent)

    async def _exchange(self, target: Target, body: bytes, sent: dict[str, str]) -> tuple[int, str, str]:
        url = httpcore.URL(
            scheme=b"https" if target.secure else b"http",
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        timeouts = {"connect": CONNECT_SECONDS, "read": WHOLE_SECONDS, "write": WHOLE_SECONDS}
        headers = [(name.encode(), value.encode()) for name, value in sent.items()]
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            max_keepalive_connections=0,
            network_backend=self._backend,
        )
        async with (
            pool,
            pool.stream(
                "POST", url, headers=headers, content=body, extensions={"timeout": timeouts}
            ) as response,
        ):
            found = {name.lower(): value for name, value in response.headers}
            after = found.get(b"retry-after", b"").decode("latin-1")
            return response.status, await _beginning(response), after

    def close(self) -> None:
        self._backend.close()


async def _beginning(response: httpcore.Response) -> str:
    """The first bytes of an answer as text."""
    parts, size = [], 0
    async for part in response.aiter_stream():
        parts.append(part)
        size += len(part)
        if size >= ANSWER_BYTES:
            break
    return b"".join(parts)[:ANSWER_BYTES].decode("utf-8", "replace")


def _ms(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


#: The first that fits, by the error and what caused it.
_CODES: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((BadAddress,), "address"),
    ((Refused,), "private"),
    ((Unknown,), "name"),
    ((ssl.SSLError,), "tls"),
    ((httpcore.ConnectTimeout,), "connect_timeout"),
    ((TimeoutError, httpcore.TimeoutException), "timeout"),
    ((httpcore.ConnectError,), "connect"),
    ((httpcore.NetworkError, OSError), "broken"),
    ((httpcore.ProtocolError,), "protocol"),
)


def _code(error: BaseException) -> str:
    chain: list[BaseException] = [error]
    while following := (chain[-1].__cause__ or chain[-1].__context__):
        chain.append(following)
    for kinds, code in _CODES:
        if any(isinstance(one, kinds) for one in chain):
            return code
    return "odd"
