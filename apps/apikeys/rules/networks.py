"""The networks from which a key may be used, and what is kept of an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MAX_NETWORKS = 20
#: What is kept of the address of the last use: enough to tell a network, not a household.
_KEPT_BITS = {4: 24, 6: 48}


def networks_read(text: str | Iterable[str]) -> tuple[list[str], list[str]]:
    """(networks in CIDR form, what could not be read). Split by spaces, commas or lines.

    A single address becomes the network of that address alone; host bits are cut off; each stands once.
    """
    parts = re.split(r"[\s,、，]+", text) if isinstance(text, str) else list(text)
    found: dict[str, None] = {}
    wrong = []
    for part in filter(None, (part.strip() for part in parts)):
        try:
            # A zone (fe80::1%eth0) names a cable of one machine: Python keeps it, however long.
            network = None if "%" in part else ip_network(part, strict=False)
        except ValueError:
            network = None
        if network is None:
            wrong.append(part)
        else:
            found[str(network)] = None
    return list(found), wrong


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Whether ``address`` lies in one of ``networks``; none: everywhere is allowed.

    An IPv4 address in IPv6 clothes (``::ffff:192.0.2.1``) counts as IPv4. What is no address lies nowhere.
    """
    if not networks:
        return True
    found = _address(address)
    return found is not None and any(found in network for network in _networks(tuple(networks)))


def address_shortened(address: str) -> str:
    """The network of ``address`` that is kept and shown: /24 of IPv4, /48 of IPv6; empty for none."""
    found = _address(address)
    if found is None:
        return ""
    return str(ip_network(f"{found}/{_KEPT_BITS[found.version]}", strict=False))


def address_bucket(address: str) -> str:
    """Under what calls from ``address`` are counted: the address, of IPv6 its /64 (one connection)."""
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False))
    return str(found or address)
