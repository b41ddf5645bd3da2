"""Which Resource Server a command means."""

from __future__ import annotations

from django.db.models import Q

from accounts.commands import Error
from reference_tokens.models import ResourceServer


def resource_server_called(text: str) -> ResourceServer:
    """The Resource Server with this client id or name; raises `Error`."""
    # PostgreSQL takes no NUL, and no name has one.
    text = text.replace("\0", "")
    found = {server.client_id: server for server in ResourceServer.objects.filter(Q(client_id=text) | Q(name=text))}
    # A name may look like the client id of another one, which nobody can choose.
    server = found.get(text) or next(iter(found.values()), None)
    if server is None:
        raise Error("there is no such Resource Server.")
    return server
