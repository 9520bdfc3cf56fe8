"""One call to ChirpStack: token, deadline, and its errors in our words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import grpc

from apps.network.integrations.base import Endpoint, Refusal, ServerAway, ServerRefused

#: A list without a limit answers with a count and no rows.
PAGE: Final = 200

#: Not the fault of what was asked. INTERNAL is ChirpStack's word for "my database did not answer".
_AWAY: Final = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DATA_LOSS,
}
_REASONS: Final = {
    grpc.StatusCode.UNAUTHENTICATED: Refusal.TOKEN,
    grpc.StatusCode.PERMISSION_DENIED: Refusal.TOKEN,
    grpc.StatusCode.NOT_FOUND: Refusal.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: Refusal.EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Refusal.LIMIT,
}


class Calls:
    """A channel to one server. It opens with the first call; ``close()`` it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._deadline = endpoint.deadline_s
        self._metadata = [("authorization", f"Bearer {endpoint.token}")]
        self.channel = _channel(endpoint)

    def __call__(self, method: Callable[..., Any], request: Any) -> Any:
        """The answer to ``request``; raises ``ServerAway`` or ``ServerRefused``."""
        try:
            return method(request, metadata=self._metadata, timeout=self._deadline)
        except grpc.RpcError as error:
            code, details = error.code(), (error.details() or "")[:250]
            if code in _AWAY:
                raise ServerAway(f"{code.name}: {details}") from None
            raise ServerRefused(details or code.name, _REASONS.get(code, Refusal.INVALID)) from None

    def rows(self, method: Callable[..., Any], request: Any) -> Iterator[Any]:
        """All rows of a list, a page at a time."""
        request.limit = PAGE
        request.offset = 0
        while True:
            page = self(method, request).result
            yield from page
            if len(page) < PAGE:
                return
            request.offset += PAGE

    def close(self) -> None:
        self.channel.close()


def _channel(endpoint: Endpoint) -> Any:
    options = [
        # The deadline of a call is the whole patience: the channel itself retries nothing.
        ("grpc.enable_retries", 0),
        ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ]
    if not endpoint.use_tls:
        return grpc.insecure_channel(endpoint.address, options=options)
    roots = endpoint.ca_certificate.encode() or None
    return grpc.secure_channel(endpoint.address, grpc.ssl_channel_credentials(roots), options=options)
