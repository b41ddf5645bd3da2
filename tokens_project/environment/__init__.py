"""Readers for settings from the environment. A bad value stops the start with one line that names it.

The settings and what prepares the service import it; it imports nothing of ours.
"""

from tokens_project.environment.addresses import as_browsers_say, https_address, issuer, origin, sender
from tokens_project.environment.anchors import anchor, fence, stream
from tokens_project.environment.caches import CACHE_PARAMETERS, cache
from tokens_project.environment.collectors import collector
from tokens_project.environment.databases import (
    OWN_PARAMETERS,
    POSTGRESQL_PARAMETERS,
    database,
    database_at,
    is_postgresql,
    replica,
)
from tokens_project.environment.folders import MAY_NOT_WRITE, folder, is_missing, make_folder
from tokens_project.environment.hosts import host, hosts, is_loopback, takes_passkeys
from tokens_project.environment.mails import email
from tokens_project.environment.values import (
    BadSetting,
    boolean,
    integer,
    one_of,
    refuse,
    text,
    to_repeat,
    to_set_again,
    to_write,
    words,
)

__all__ = [
    "CACHE_PARAMETERS",
    "MAY_NOT_WRITE",
    "OWN_PARAMETERS",
    "POSTGRESQL_PARAMETERS",
    "BadSetting",
    "anchor",
    "as_browsers_say",
    "boolean",
    "cache",
    "collector",
    "database",
    "database_at",
    "email",
    "fence",
    "folder",
    "host",
    "hosts",
    "https_address",
    "integer",
    "is_loopback",
    "is_missing",
    "is_postgresql",
    "issuer",
    "make_folder",
    "one_of",
    "origin",
    "refuse",
    "replica",
    "sender",
    "stream",
    "takes_passkeys",
    "text",
    "to_repeat",
    "to_set_again",
    "to_write",
    "words",
]
