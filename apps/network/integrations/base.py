"""What the portal asks of a LoRaWAN network server, whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class ServerError(Exception):
    """A call did not do what it should."""


class ServerAway(ServerError):
    """No answer, or "later": the same call may work another time. It may have been carried out."""


class Refusal(StrEnum):
    TOKEN = "token"  # noqa: S105 -- a reason, no secret
    NOT_FOUND = "not_found"
    EXISTS = "exists"
    LIMIT = "limit"
    INVALID = "invalid"


class ServerRefused(ServerError):
    """The server said no, or what was asked makes no sense: asking again changes nothing.

    ``str()`` is the server's own sentence; it holds no key and no token.
    """

    def __init__(self, message: str, reason: Refusal = Refusal.INVALID) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Endpoint:
    """How to reach a server. ``address`` is ``host:port``, whether of gRPC or of HTTP."""

    address: str
    token: str = field(repr=False)
    tenant: str = ""
    use_tls: bool = True
    #: PEM; empty: the certificates of the machine.
    ca_certificate: str = field(default="", repr=False)
    region: str = "AS923"
    deadline_s: float = 5


@dataclass(frozen=True)
class DeviceSpec:
    """A device as the server should have it. Keys: 32 hexadecimal digits each.

    LoRaWAN 1.0.x has one root key, the AppKey; 1.1 has ``nwk_key`` as well.
    """

    application_id: str
    profile_id: str
    dev_eui: str
    join_eui: str
    name: str
    app_key: str = field(repr=False)
    nwk_key: str = field(default="", repr=False)
    lorawan_version: str = "1.0.3"
    disabled: bool = False
    #: Every integration of the server sees them.
    tags: Mapping[str, str] = field(default_factory=dict)
    #: Applications on the server from which the device may be moved; from any other one it is refused.
    move_from: frozenset[str] = frozenset()

    @property
    def is_1_1(self) -> bool:
        return self.lorawan_version.startswith("1.1")


@dataclass(frozen=True)
class RemoteDevice:
    """A device as the server has it. From a list, what lists leave out is None; ``device()`` fills it."""

    dev_eui: str
    name: str
    profile_id: str
    application_id: str
    join_eui: str | None = None
    disabled: bool | None = None
    has_keys: bool | None = None
    last_seen_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteGateway:
    """An antenna that the server knows. ``latitude`` and ``longitude`` are both set or both None."""

    gateway_id: str
    name: str
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    last_seen_at: datetime | None = None


@dataclass(frozen=True)
class RemoteProfile:
    profile_id: str
    name: str
    region: str = ""
    lorawan_version: str = ""


@dataclass(frozen=True)
class Answer:
    """A server that can be worked with. ``version`` is empty if it does not say."""

    version: str
    tenant: str
    applications: int


class Closing(ABC):
    """A client that ``with`` closes."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class ServerClient(Protocol):
    """All calls have a deadline and raise ``ServerAway`` or ``ServerRefused``; all can be repeated."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def close(self) -> None: ...

    def ping(self) -> Answer:
        """Ask with the token for the tenant: proves address, certificate, token and tenant."""

    def application_ensure(self, name: str) -> str:
        """The id of the application ``name``, made if it is not there."""

    def profiles(self) -> list[RemoteProfile]: ...

    def device(self, dev_eui: str) -> RemoteDevice | None: ...

    def devices(self, application_id: str) -> Iterator[RemoteDevice]: ...

    def device_put(self, spec: DeviceSpec) -> None:
        """Make or mend device and keys, both or none."""

    def device_disable(self, dev_eui: str, disabled: bool) -> None: ...

    def device_delete(self, dev_eui: str) -> None:
        """Gone already is done."""

    def gateways(self) -> Iterator[RemoteGateway]: ...

    def downlink_queue(
        self,
        dev_eui: str,
        *,
        f_port: int,
        data: bytes,
        confirmed: bool = False,
        expires_at: datetime | None = None,
        id: str = "",
    ) -> str:
        """Queue a downlink; the id under which the server tells what became of it.

        ``id`` and ``expires_at`` are the caller's own: a repeated call with the same ones queues nothing
        more while the first still waits.
        """
