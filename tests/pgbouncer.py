"""A PgBouncer of its own for the tests: on loopback, on a free port, before one PostgreSQL server."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.postgresql import free_port, other_user


@contextmanager
def pooler(program: Path, url: str, **settings: str) -> Iterator[str]:
    """Run it for the time of the block, with these settings beside its defaults; yields the DATABASE_URL through it."""
    server, port, user = urlsplit(url), free_port(), other_user()
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    needed = {"listen_addr": "127.0.0.1", "listen_port": port, "unix_socket_dir": "", "auth_file": folder / "users"}
    lines = [
        "[databases]",
        f"* = host={server.hostname} port={server.port}",
        "[pgbouncer]",
        *(f"{name} = {value}" for name, value in (needed | {"auth_type": "trust"} | settings).items()),
    ]
    (folder / "users").write_text(f'"{server.username}" ""\n')
    (folder / "ini").write_text("\n".join(lines) + "\n")
    if user:
        # It refuses to run as root.
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, user)
    through = url.replace(f":{server.port}/", f":{port}/")
    process = subprocess.Popen([str(program), "--quiet", str(folder / "ini")], user=user, cwd="/")
    try:
        wait_until_it_answers(through)
        yield through
    finally:
        process.kill()
        process.wait(timeout=15)
        shutil.rmtree(folder)


def wait_until_it_answers(url: str) -> None:
    """Return once it answers; raises `psycopg.OperationalError` where it does not within 30 seconds."""
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
