"""The server of the peers: this project's worker and settings, none of its applications."""

from __future__ import annotations

import os

from tokens_project.server import paths


def is_machine_path(path: str) -> bool:
    """Of a peer all addresses are for machines."""
    return bool(path)


def only_reads(path: str, method: str) -> bool:
    """All are answered in the event loop, as validations are."""
    return bool(path and method)


paths.is_machine_path = is_machine_path
paths.only_reads = only_reads

wsgi_app = f"tests.bench.peers.{os.environ['PEER_MODULE']}:application"
bind = f"127.0.0.1:{os.environ['PORT']}"
workers = int(os.environ["WORKERS"])
worker_class = os.environ.get("WORKER_CLASS", "tokens_project.server.worker.Worker")
threads = 4
keepalive = 76
timeout = 60
header_map = "drop"
forwarder_headers = ""
control_socket_disable = True
worker_tmp_dir = "/dev/shm"
loglevel = "warning"
