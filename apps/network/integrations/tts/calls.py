"""One call to The Things Stack: token, deadline, and its errors in our words."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import orjson
import urllib3
from django.views.decorators.debug import sensitive_variables

from apps.network.integrations.base import Endpoint, Refusal, ServerAway, ServerRefused

PAGE: Final = 100
#: Far more than a page of devices; a body beyond it is no answer of this API.
LARGEST: Final = 16 * 1024 * 1024
_AGENT: Final = "machitry"

#: gRPC's numbers, which the API puts into the body of every error. 8 is its limit of calls per second.
_AWAY: Final = {1, 2, 4, 8, 10, 13, 14, 15}
_REASONS: Final = {
    16: Refusal.TOKEN,
    7: Refusal.TOKEN,
    5: Refusal.NOT_FOUND,
    6: Refusal.EXISTS,
}
#: ``error:pkg/identityserver:application_not_found (application not found)``
_SENTENCE: Final = re.compile(r"^error:[^ ]+ \((.*)\)$", re.DOTALL)
_SECRET: Final = re.compile(r"[0-9A-Fa-f]{32}|NNSXS\.[A-Za-z0-9.]+")


class Calls:
    """Connections to one server. They open with the first call; ``close()`` them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._deadline = endpoint.deadline_s
        self._token = endpoint.token
        scheme = "https" if endpoint.use_tls else "http"
        self._base = f"{scheme}://{endpoint.address}/api/v3/"
        context = _context(endpoint) if endpoint.use_tls else None
        self._pool = urllib3.PoolManager(num_pools=1, retries=False, ssl_context=context)

    def __call__(self, method: str, *path: str, body: Any = None, **query: str | int) -> dict[str, Any]:
        """The answer of ``method`` at ``path``; raises ``ServerAway`` or ``ServerRefused``."""
        return self.counted(method, *path, body=body, **query)[0]

    @sensitive_variables()
    def counted(
        self, method: str, *path: str, body: Any = None, **query: str | int
    ) -> tuple[dict[str, Any], int | None]:
        """The answer, and how many rows there are in all, if the server says."""
        address = self._base + "/".join(quote(part, safe="/") for part in path)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "User-Agent": _AGENT,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            status, total, content = self._ask(
                method,
                f"{address}?{_query(query)}" if query else address,
                None if body is None else orjson.dumps(body),
                headers,
            )
        except urllib3.exceptions.TimeoutError:
            raise ServerAway(f"DEADLINE: no answer within {self._deadline:g} s") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ServerAway(self._words(f"{type(error).__name__}: {error}")) from None
        return self._read(status, content), int(total) if total.isdecimal() else None

    @sensitive_variables()
    def _ask(
        self, method: str, address: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, bytes]:
        """Status, count of rows, body. No way to another address is followed: the token would go with it."""
        until = time.monotonic() + self._deadline
        timeout = urllib3.Timeout(total=self._deadline)
        answer = self._pool.request(
            method,
            address,
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
            timeout=timeout,
            preload_content=False,
        )
        try:
            content = _content(answer, until)
        except BaseException:
            answer.close()  # a half-read connection is of no use to the next call
            raise
        answer.release_conn()
        return answer.status, answer.headers.get("X-Total-Count", ""), content

    def rows(self, name: str, *path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """All rows of a list, a page at a time. ``name``: where they stand in the answer."""
        page = 1
        while True:
            found = self("GET", *path, limit=PAGE, page=page, **query).get(name) or []
            yield from found
            if len(found) < PAGE:
                return
            page += 1

    def close(self) -> None:
        self._pool.clear()

    def _read(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            found = orjson.loads(content or b"{}")
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or 300 <= status < 400:
            # A proxy's page, or the way to another address: no word of The Things Stack.
            raise ServerAway(f"HTTP {status}, and no answer of The Things Stack")
        if status < 300:
            return found
        code = found.get("code")
        if not isinstance(code, int) or code in _AWAY or status >= 502:
            raise ServerAway(self._words(f"HTTP {status}: {found.get('message', '')}"))
        message = str(found.get("message") or f"HTTP {status}")
        sentence = _SENTENCE.match(message)
        words = self._words(sentence[1] if sentence else message)
        raise ServerRefused(words, _REASONS.get(code, Refusal.INVALID))

    def _words(self, text: str) -> str:
        """``text`` short, without the token and without anything that could be a key."""
        return _SECRET.sub("…", text.replace(self._token, "…") if self._token else text)[:250]


def _query(query: dict[str, str | int]) -> str:
    return "&".join(f"{name}={quote(str(value), safe=',')}" for name, value in query.items())


def _content(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The body; a server that sends it byte by byte is given no more time than another."""
    parts, size = [], 0
    while part := answer.read1(65536):
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise urllib3.exceptions.TimeoutError
        if size > LARGEST:
            raise urllib3.exceptions.HTTPError("the answer is too large")
    return b"".join(parts)


def _context(endpoint: Endpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=endpoint.ca_certificate or None)
    except (ssl.SSLError, ValueError):
        raise ServerRefused("The CA certificate of this server cannot be read.") from None
