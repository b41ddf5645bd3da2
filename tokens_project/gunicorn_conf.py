"""How gunicorn serves: `gunicorn -c python:tokens_project.gunicorn_conf`. Settings come from the environment."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from tokens_project.environment import BadSetting
from tokens_project.server.balance import Place
from tokens_project.server.listening import is_no_address, require_free

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
try:
    from tokens_project import settings
except BadSetting as error:
    sys.exit(str(error))

wsgi_app = "tokens_project.wsgi:application"
bind = f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
workers = settings.WORKERS
# Holds slow clients in an event loop; each process has so many threads for the sites, and as many for machines.
worker_class = "tokens_project.server.worker.Worker"
threads = 4
# A second more than a balancer in front keeps a connection: the one that closes it first must not be this end.
keepalive = settings.KEEP_ALIVE_SECONDS + 1
timeout = 60
graceful_timeout = 30
# A header or request line beyond these is gunicorn's own 4xx, before any work of ours.
limit_request_line = 8190
limit_request_field_size = 8190
# A name with an underscore would reach WSGI as if it were the one with a hyphen: a forged header (T32).
header_map = "drop"
# What proxies say of https is read in `accounts.headers.forwarded`: gunicorn compares the whole of a header, which may
# be a list, and answers 400 where two of them differ.
secure_scheme_headers: dict[str, str] = {}
# No header of a client may move the path, which by gunicorn's default a loopback proxy passes on: SCRIPT_NAME
# would turn an address below /auth/ into a page of the sites, whose 200 lets a request through the proxy.
forwarder_headers = ""
control_socket_disable = True
# Worker heartbeats in memory: on a slow disk they would be taken for a hang.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112 - Linux's memory
LOGGING: dict[str, Any] = settings.LOGGING
logconfig_dict = {
    **LOGGING,
    "filters": {"is_no_address": {"()": lambda: is_no_address}},
    "loggers": {
        **LOGGING["loggers"],
        "gunicorn.error": {"handlers": [], "propagate": True, "level": "INFO", "filters": ["is_no_address"]},
        "gunicorn.access": {"handlers": [], "propagate": True, "level": "WARNING"},
    },
}


def on_starting(_server: Arbiter) -> None:
    """Refuse to serve where nothing can listen, nothing is to be served, or a key is missing that live tokens need.

    In the master, before any worker.
    """
    # Where the sockets are handed down, by systemd or by the process before, something listens already.
    if not os.environ.keys() & {"GUNICORN_FD", "LISTEN_FDS"}:
        try:
            require_free(settings.HOST, settings.PORT)
        except BadSetting as error:
            sys.exit(str(error))
    import django

    django.setup()
    from django.db import connection

    from reference_tokens.endpoints.health import tell_what_is_missing
    from reference_tokens.maintenance.startup import hold_the_fence, require_complete_key_ring

    for file in getattr(connection, "missing", []):
        sys.exit(
            f"There is no {file}: give DATA_DIR and DATABASE_URL,"
            f" or begin an instance with `{settings.COMMAND} migrate`."
        )
    require_complete_key_ring()
    hold_the_fence()
    tell_what_is_missing()


def when_ready(server: Arbiter) -> None:
    """Say where people find it: gunicorn names the address that it listens on, where another name may be refused."""
    server.log.info("Open %s (listening on %s, port %s)", settings.BASE_URL, settings.HOST, settings.PORT)


def post_worker_init(_worker: Worker) -> None:
    """Start the threads that write uses and events, send mails, webhooks and the audit log, and keep house.

    In each worker, after the fork.
    """
    from reference_tokens.maintenance.stream_worker import stream_worker
    from reference_tokens.maintenance.webhook_worker import webhook_worker
    from reference_tokens.maintenance.worker import background_worker
    from reference_tokens.usage.recorder import recorder

    recorder.start()
    background_worker.start()
    webhook_worker.start()
    stream_worker.start()


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Leave no new client to a worker that has ended, in whatever way; in the master."""
    Place(worker.age).end()


def worker_exit(_server: Arbiter, _worker: Worker) -> None:
    """Write the last batch of last-used times, and end the background workers."""
    from reference_tokens.maintenance.stream_worker import stream_worker
    from reference_tokens.maintenance.webhook_worker import webhook_worker
    from reference_tokens.maintenance.worker import background_worker
    from reference_tokens.usage.recorder import recorder

    recorder.stop()
    background_worker.stop()
    webhook_worker.stop()
    stream_worker.stop()
