"""Readers for host names, and what a host tells."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from tokens_project.environment.values import refuse, text, words

LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*\Z")
LIKE_IPV4 = re.compile(r"[0-9.]+\Z")


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names as requests give them, separated by commas; `.example.com` is that one and all below it."""
    return [host_of_requests(name, word) for word in words(name, [])] or default


def host_of_requests(name: str, word: str) -> str:
    """One of them: lower case, an IPv6 address short and in brackets, as browsers write it."""
    address = word[1:-1] if word.startswith("[") and word.endswith("]") else word
    try:
        read = ipaddress.IPv6Address(address)
    except ValueError:
        is_sent, as_sent = is_host(word.removeprefix(".")), word.lower()
    else:
        # The zone of a link, as in fe80::1%eth0, is known to one machine alone, and never sent.
        is_sent, as_sent = read.scope_id is None, f"[{read}]"
    if not is_sent:
        refuse(name, "give host names like tokens.example.com, separated by commas: no scheme, port, path or *.")
    return as_sent


def host(name: str, default: str) -> str:
    """A host name or an IP address, without brackets and without a port."""
    value = text(name, default)
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    if not is_host(value):
        refuse(name, "give a host name or an IP address, without a port.")
    return value


def is_host(text: str) -> bool:
    """Whether this is a host name or an IP address."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return HOST_NAME.match(text) is not None and (LIKE_IPV4.match(text) is None or is_ipv4(text))
    return True


def is_ipv4(text: str) -> bool:
    """Whether this is an IPv4 address in the one form that everybody reads alike."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host; a name below localhost is one of its own (RFC 6761 §6.3)."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def takes_passkeys(origin: str) -> bool:
    """Whether browsers make passkeys for a site of this origin: by its name, over https or on this machine."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
    return False
