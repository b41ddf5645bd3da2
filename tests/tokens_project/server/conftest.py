"""The worker in this process."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from tests.tokens_project.server.served_worker import KEPT_FOR_EACH, Served, application, until
from tokens_project.server import limits
from tokens_project.server.worker import Worker


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """One that has not begun."""
    monkeypatch.setattr(Worker, "init_signals", lambda _self: None)
    monkeypatch.setattr(Worker, "load_wsgi", lambda self: setattr(self, "wsgi", application))
    monkeypatch.setattr(limits, "HEAD_CHECK_SECONDS", 0.05)
    config = Config()
    for name, value in {"threads": 2, "worker_connections": 24, "keepalive": 5, "graceful_timeout": 5}.items():
        config.set(name, value)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_FOR_EACH)
    worker = Worker(0, os.getpid(), [listener], None, 60, config, Logger(config))
    worker.ppid = os.getppid()
    yield worker
    listener.close()
    worker.tmp.close()


@pytest.fixture
def served(worker: Worker) -> Iterator[Served]:
    thread = threading.Thread(target=worker.init_process)
    thread.start()
    until(lambda: worker._accepting)
    yield Served(worker, worker.sockets[0])
    worker.handle_exit(None, None)
    thread.join(60)
    assert not thread.is_alive()
