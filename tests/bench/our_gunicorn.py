"""The service's own configuration of gunicorn; beside that, each thread tells the kernel its name, by which its time
is found."""

from __future__ import annotations

import threading
from pathlib import Path

from tokens_project.gunicorn_conf import *  # noqa: F403 - every setting is the service's

_run = threading.Thread.run


def named_run(thread: threading.Thread) -> None:
    """Run a thread under its name (Python does so by itself from 3.14)."""
    Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(thread.name[:15])
    _run(thread)


setattr(threading.Thread, "run", named_run)  # noqa: B010 - for this process alone


def post_worker_init(_worker: object) -> None:  # type: ignore[no-redef] # in place of the service's
    """Start no housekeeping: the first of a new database would fall into what is measured."""
