"""Which addresses a message may be sent to: those of the public internet, unless the operator allows others (T75)."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, NamedTuple

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beside what is not global by itself: these lead to an address that is written in them, or nowhere that is public.
NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # behind a carrier's NAT
        "192.0.0.0/24",  # of protocols
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4 as IPv6 once had it
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2001::/23",  # Teredo and other protocols
        "2002::/16",  # 6to4
        "3fff::/20",  # of examples
        "fec0::/10",  # of a site
    )
]


class Place(NamedTuple):
    """A way to a host, as `socket` takes it."""

    family: int
    sockaddr: Any


def may_be_sent_to(address: str) -> bool:
    """Whether a message may go to this IP address."""
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or is_public(ipaddress.ip_address(address.partition("%")[0]))


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet, and leads to no other."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address.version == network.version and address in network for network in NOT_PUBLIC)


def places_of(host: str, port: int) -> list[Place]:
    """The ways to a host: its name is looked up once. Raises `OSError` where there is none (`socket.gaierror`)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Place(family, sockaddr) for family, _type, _protocol, _name, sockaddr in found]


def allowed_places(host: str, port: int) -> list[Place]:
    """Those of the ways to a host that a message may take; raises as `places_of`."""
    return [place for place in places_of(host, port) if may_be_sent_to(str(place.sockaddr[0]))]
