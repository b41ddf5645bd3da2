"""Validations within the process, without a server: in which modules their time passes, by samples."""

from __future__ import annotations

import io
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any
from urllib.parse import urlencode

from tests.bench.contestants import basic
from tests.bench.servers import PROJECT

SAMPLE_SECONDS = 0.001
# Modules that only carry out what another one asks of the database.
CARRIERS = ("accounts/database/compiled_query.py", "tokens_project/postgresql/", "tokens_project/sqlite3/")
SMALL = 0.015
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


def layers(folder: str, count: str) -> dict[str, float]:
    """The microseconds of one validation by module, the dearest first."""
    from tokens_project.wsgi import application

    requests = environments(Path(folder), int(count))
    for environ in requests[:100]:
        ask(application, environ)
    samples: Counter[str] = Counter()

    def note(_signal: int, frame: FrameType | None) -> None:
        samples[place_of(frame)] += 1

    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    started = time.thread_time()
    for environ in requests:
        ask(application, environ)
    spent = time.thread_time() - started
    signal.setitimer(signal.ITIMER_PROF, 0)
    return shares(samples, spent / len(requests) * 1e6)


def shares(samples: Counter[str], microseconds: float) -> dict[str, float]:
    """The samples as microseconds of one validation; what is little is summed up."""
    total = sum(samples.values())
    large = {place: count for place, count in samples.most_common() if count >= total * SMALL}
    large["all others"] = total - sum(large.values())
    return {place: count / total * microseconds for place, count in large.items()}


def place_of(frame: FrameType | None) -> str:
    """The innermost of our modules that is at work; of a query, the one that asks."""
    carried = ""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(str(PROJECT)) and "/.venv" not in file and "/tests/" not in file:
            name = file.removeprefix(f"{PROJECT}/")
            if not name.startswith(CARRIERS):
                return f"SQL that {name} asks for" if carried else name
            carried = name
        frame = frame.f_back
    return "Django and gunicorn"


def environments(folder: Path, count: int) -> list[dict[str, Any]]:
    """The requests of a Resource Server about random tokens, as a server hands them on."""
    identity, secret = (folder / "servers").read_text().split("\n")[0].split()
    tokens = Random(12).choices((folder / "tokens").read_text().split(), k=count)
    return [environment(token, basic(identity, secret)) for token in tokens]


def environment(token: str, authorization: str) -> dict[str, Any]:
    body = urlencode({"token": token}).encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/oauth/introspect",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": authorization,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.multithread": True,
    }


def ask(application: Application, environ: dict[str, Any]) -> bytes:
    """The body of an answer; the request can be sent again."""
    environ["wsgi.input"].seek(0)
    answer = application(dict(environ), lambda status, headers, *_more: None)
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return body
