"""Readers for the addresses of this service, of its mails and of an OpenID Connect provider."""

from __future__ import annotations

import ipaddress
import re

from tokens_project.environment.hosts import is_host, is_loopback
from tokens_project.environment.urls import url
from tokens_project.environment.values import refuse, text

# What django-allauth's table of identities has room for.
LONGEST_ADDRESS = 200
LOCAL_PART = re.compile(r'[^@\s"(),:;<>\[\]\\]+\Z')
NAME_AND_ADDRESS = re.compile(r'("[^"\\]*" ?|[^"(),:;<>@\[\]\\]*)<(?P<address>[^<>]*)>\Z')


def sender(name: str, default: str) -> str:
    """The address that mails come from, `NAME <tokens@example.com>` or the address alone."""
    value = text(name, "")
    if not value:
        return default
    match = NAME_AND_ADDRESS.match(value)
    local, _at, host = (match["address"] if match else value).rpartition("@")
    if not LOCAL_PART.match(local) or not is_host(host.strip("[]")):
        refuse(name, "give one e-mail address like Tokens <tokens@example.com>.")
    return value


def origin(name: str, default: str) -> str:
    """`scheme://host[:port]`, http or https, with no path: what RFC 6454 calls an origin.

    Scheme and host are read in any case and returned as browsers write them: in small letters, IPv6 in its one form.
    """
    value = text(name, default).rstrip("/")
    if not value.isascii():
        refuse(name, "give an address in ASCII: a host with other letters is written xn--…, as browsers send it.")
    parts, port = url(name, value)
    if value.partition("://")[2] != parts.netloc or not is_host(parts.hostname or "") or port == 0:
        refuse(name, "give an address like https://tokens.example.com, without a path.")
    # Browsers send no address with the zone of a link, such as fe80::1%eth0.
    if parts.netloc.endswith(":") or set("@%") & set(parts.netloc):
        refuse(name, "give an address like https://tokens.example.com, without a path.")
    if parts.scheme not in {"http", "https"}:
        refuse(name, "give an address that starts with https:// or http://.")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{ipaddress.IPv6Address(host)}]"
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"


def as_browsers_say(origin: str) -> str:
    """The origin as browsers name it, in `Origin` and to a passkey: without the port that its scheme has anyway."""
    standard_port = ":80" if origin.startswith("http://") else ":443"
    return origin.removesuffix(standard_port)


def issuer(name: str) -> str:
    """The issuer of an OpenID Connect provider, exactly as its tokens name it; empty where none is given."""
    hint = "give the issuer that the provider's tokens name, like https://id.example.com/realms/staff."
    return believed_address(name, hint, without=r"[?#\s]")


def https_address(name: str) -> str:
    """An address that is asked for what this service believes; empty where none is given."""
    return believed_address(name, "give an address like https://api.example.com/keys.", without=r"[#\s]")


def believed_address(name: str, hint: str, *, without: str) -> str:
    """An address whose answer is believed because of whom it was fetched from: https, and http only on this machine."""
    value = text(name, "")
    if not value:
        return value
    parts, port = url(name, value)
    is_plain = not re.search(without, value) and "@" not in parts.netloc and len(value) <= LONGEST_ADDRESS
    if not is_plain or not is_host(parts.hostname or "") or port == 0:
        refuse(name, hint)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        refuse(name, "give an address that starts with https://.")
    return value
