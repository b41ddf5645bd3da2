"""`python -m tests.bench.instructions`: what one validation takes, in counts that do not depend on the machine.

The instructions of Python's own machine and the calls into C, in a fresh process, so that neither the time nor what
ran before has a say. `--renew` stores them for this version of Python, where a test holds every run against them.
"""

from __future__ import annotations

import datetime
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from tests.bench.databases import KEYS
from tests.bench.servers import PROJECT

FILE = Path(__file__).with_name("instructions.json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
COMMAND = "python -m tests.bench.instructions --renew"
INSIDE = "--inside"
TEMPLATES = "/django/template/"


def counted() -> dict[str, int]:
    """The counts, from a fresh process over a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PATH": os.environ["PATH"], "DATA_DIR": folder, "PYTHONHASHSEED": "0"} | KEYS
        command = [sys.executable, "-m", "tests.bench.instructions", INSIDE]
        printed = subprocess.run(command, cwd=PROJECT, env=settings, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, int] = json.loads(printed.stdout.splitlines()[-1])
    return found


def stored() -> dict[str, int] | None:
    """What was stored for this version of Python."""
    found: dict[str, int] | None = json.loads(FILE.read_text()).get(VERSION)
    return found


def renew() -> None:
    """Store what is counted now."""
    known = json.loads(FILE.read_text())
    FILE.write_text(json.dumps(known | {VERSION: counted()}, indent=2, sort_keys=True) + "\n")


class Counts:
    """Counts what this thread does."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            self.of["template_calls"] += TEMPLATES in frame.f_code.co_filename
        elif event == "opcode":
            self.of["instructions"] += 1
        return self.trace

    def profile(self, _frame: FrameType, event: str, _argument: Any) -> None:
        self.of["calls_into_c"] += event == "c_call"


def count_inside() -> dict[str, int]:
    """In the fresh process: fill a database, ask until all is warm, then ask once and count."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
    django.setup()
    from tests.bench.inside_validation import ask
    from tokens_project.wsgi import application

    request = one_request()
    for _ in range(20):
        ask(application, request)
    statements = statements_of(partial(ask, application, request))
    counts = counts_of(partial(ask, application, request))
    return {name: counts[name] for name in ("instructions", "calls_into_c", "template_calls")} | {
        "statements": statements
    }


def one_request() -> dict[str, Any]:
    """A question about a valid token of a new database, which no thread writes to."""
    from django.core.management import call_command

    from reference_tokens.usage.recorder import recorder
    from tests.bench.contestants import basic
    from tests.bench.inside_validation import environment
    from tests.bench.seed.content import store_content

    call_command("migrate", verbosity=0)
    recorder.runs_in_background = False
    content = store_content(12, 50, datetime.datetime.now(datetime.UTC), people=10, applications=2)
    return environment(content.values[0], basic(*content.credentials[0].split()))


def statements_of(call: Callable[[], bytes]) -> int:
    """How many SQL statements it sends."""
    from django.db import connection

    statements: list[str] = []

    def note(execute: Any, sql: str, *told: Any) -> Any:
        statements.append(sql)
        return execute(sql, *told)

    with connection.execute_wrapper(note):
        call()
    return len(statements)


def counts_of(call: Callable[[], bytes]) -> Counter[str]:
    """What it takes; raises `RuntimeError` where the token is not good."""
    gc.collect()
    gc.disable()
    counts = Counts()
    sys.setprofile(counts.profile)
    sys.settrace(counts.trace)
    answer = call()
    sys.settrace(None)
    sys.setprofile(None)
    if b'"active": true' not in answer:
        raise RuntimeError(answer.decode())
    return counts.of


if __name__ == "__main__":
    if INSIDE in sys.argv:
        print(json.dumps(count_inside()))
    elif "--renew" in sys.argv:
        renew()
    else:
        print(json.dumps(counted()))
