"""The system log of this machine or of another one, which keeps what the database tells it."""

from __future__ import annotations

import os
import socket
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

SYSLOG = "syslog:"
LOCAL_LOG, SYSLOG_PORT = "/dev/log", 514
# Facility "log audit" (13), severity "informational" (6): RFC 5424 §6.2.1.
PRIORITY = 13 * 8 + 6
PROGRAM = "reference-tokens"
LONGEST_KIND = 32


def open_log(setting: str) -> socket.socket:
    """The log of this machine, or by UDP that of another one; raises `OSError` where there is none."""
    place = urlsplit(setting)
    family: socket.AddressFamily = socket.AF_UNIX
    address: Any = LOCAL_LOG
    if place.hostname:
        found = socket.getaddrinfo(place.hostname, place.port or SYSLOG_PORT, type=socket.SOCK_DGRAM)
        family, _kind, _protocol, _name, address = found[0]
    log = socket.socket(family, socket.SOCK_DGRAM)
    try:
        log.connect(address)
    except OSError:
        log.close()
        raise
    return log


def message(at: datetime, kind: str, text: bytes) -> bytes:
    """A message of RFC 5424, without structured data: the text has its own."""
    instant = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    machine = socket.gethostname() or "-"
    return f"<{PRIORITY}>1 {instant}Z {machine} {PROGRAM} - {kind[:LONGEST_KIND]} - ".encode() + text


def require_no_fault(log: socket.socket) -> None:
    """Raise the `OSError` that the network told of after something was sent, as where nobody listens."""
    if fault := log.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(fault, os.strerror(fault))
