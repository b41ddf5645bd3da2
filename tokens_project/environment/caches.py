"""Reader for the URL of the cache."""

from __future__ import annotations

import re
from typing import Any

from tokens_project.environment.urls import ANYTHING, NUMBER, decoded, parameters, server, service_url
from tokens_project.environment.values import refuse, text

SECONDS, SWITCH = r"(?![0.]+\Z)[0-9]{1,4}(\.[0-9]{1,3})?", "(?i:true|false|1|0)"
# What may follow the ? of the URL, by its scheme, with the pattern of its value.
REDIS_PARAMETERS = {
    "client_name": r"\S+",
    "health_check_interval": NUMBER,
    "max_connections": "[1-9][0-9]{0,5}",
    "protocol": "2|3",
    "retry_on_timeout": SWITCH,
    "socket_connect_timeout": SECONDS,
    "socket_timeout": SECONDS,
}
CACHE_PARAMETERS = {
    "redis": REDIS_PARAMETERS | {"socket_keepalive": SWITCH},
    "rediss": REDIS_PARAMETERS
    | {"socket_keepalive": SWITCH, "ssl_check_hostname": SWITCH, "ssl_cert_reqs": "none|optional|required"}
    | dict.fromkeys(("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password"), ANYTHING),
    "unix": REDIS_PARAMETERS | {"db": NUMBER},
}


def cache(name: str) -> dict[str, Any]:
    """Django's cache settings from `redis://HOST:PORT/NUMBER`; none where none is given."""
    value = text(name, "")
    if not value:
        return {"BACKEND": "django.core.cache.backends.dummy.DummyCache", "LOCATION": ""}
    parts, _port = service_url(name, value)
    if parts.scheme not in CACHE_PARAMETERS or "://" not in value:
        refuse(name, "give redis://HOST:PORT/NUMBER, rediss://… for TLS, or unix:///PATH.")
    parameters(name, parts, CACHE_PARAMETERS[parts.scheme])
    for part in (parts.username, parts.password, parts.path):
        decoded(name, part or "")
    if parts.scheme == "unix":
        if parts.hostname or not parts.path.strip("/"):
            refuse(name, "give the file of the socket, unix:///PATH.")
    elif server(name, parts) and not re.fullmatch(r"(/[0-9]{0,4})?", parts.path):
        refuse(name, "its path must be the number of a database, like /0.")
    # The library knows its schemes in lower case alone.
    location = f"{parts.scheme}:{value.partition(':')[2]}"
    # A server that does not answer must not hold a thread.
    options = {"socket_connect_timeout": 2, "socket_timeout": 2}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": location, "OPTIONS": options}
