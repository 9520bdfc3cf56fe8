"""Which addresses a message may go to: what an address says, and where it leads in the end."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_V4: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # a cloud's host service at a public address
)  # fmt: skip
#: Of IPv6 only what is handed out for the internet (2000::/3), without what leads back into IPv4 or nowhere.
_V6_OPEN: Final = ipaddress.ip_network("2000::/3")
_V6: Final = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16")
_CLOSED: Final[tuple[Network, ...]] = tuple(ipaddress.ip_network(text) for text in (*_V4, *_V6))
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
#: Ports below belong to services that speak no HTTP.
FREE_PORTS: Final = 1024


class BadAddress(ValueError):
    """An address that no message goes to; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Target:
    """An address taken apart. ``host`` in ASCII; ``path`` with the query, at least ``/``."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """For the ``Host`` header: the port where it is not the usual one, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.secure else HTTP_PORT) else f"{host}:{self.port}"


def target_of(url: str, *, plain: bool) -> Target:
    """``url`` taken apart; raises ``BadAddress``. ``plain``: http is allowed too."""
    if not url.isprintable() or any(letter.isspace() or letter == "\\" for letter in url):
        raise BadAddress("form")
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname or ""
        host = name if ":" in name else name.rstrip(".").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise BadAddress("form") from None
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise BadAddress("scheme")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("credentials")
    if not host:
        raise BadAddress("form")
    secure = parts.scheme == "https"
    port = port if port is not None else (HTTPS_PORT if secure else HTTP_PORT)
    if port not in (HTTPS_PORT, HTTP_PORT) and port < FREE_PORTS:
        raise BadAddress("port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host.lower(), port, _ascii(path))


def _ascii(path: str) -> str:
    """As it goes over the wire: letters outside ASCII percent-encoded."""
    return "".join(
        letter if letter.isascii() else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in path
    )


def is_open(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """A message may go to ``address``: it lies on the internet, or in one of the ``allowed`` networks."""
    plain = _embedded(address)
    if any(plain.version == network.version and plain in network for network in allowed):
        return True
    if isinstance(plain, ipaddress.IPv6Address) and plain not in _V6_OPEN:
        return False
    closed = any(plain.version == network.version and plain in network for network in _CLOSED)
    return plain.is_global and not closed


def _embedded(address: Address) -> Address:
    """``::ffff:127.0.0.1`` is 127.0.0.1."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def literal(host: str) -> Address | None:
    """The address that ``host`` is written as; None when it is a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def all_open(addresses: Sequence[str], allowed: Sequence[Network] = ()) -> bool:
    """Every one of ``addresses`` is open; a name that leads to a private address as well is refused whole."""
    found = [literal(text) for text in addresses]
    return bool(found) and all(one is not None and is_open(one, allowed) for one in found)
