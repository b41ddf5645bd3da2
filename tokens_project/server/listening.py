"""Where the server listens: whether it can, and what the log says of it."""

from __future__ import annotations

import errno
import logging
import socket

from tokens_project.environment import refuse

REASONS = {
    errno.EADDRINUSE: ("PORT", "another program listens there. End it, or give another port."),
    errno.EACCES: ("PORT", "this user may not listen there; give a port from 1024."),
    errno.EADDRNOTAVAIL: ("HOST", "this machine has no such address."),
}


def require_free(host: str, port: int) -> None:
    """Return where a server could listen on host and port; else raises `BadSetting`, at once.

    gunicorn tries it five times, a second apart, and says so in eleven lines.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            # As a server asks for it: an ended one's connections do not count.
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((host, port))
    except OSError as error:
        name, what_to_do = REASONS.get(error.errno or 0, ("HOST", "nothing can listen on this address."))
        refuse(name, what_to_do)


def is_no_address(record: logging.LogRecord) -> bool:
    """Whether a line of gunicorn is kept: at the address that it listens on, browsers may be refused."""
    return not str(record.msg).startswith("Listening at")
