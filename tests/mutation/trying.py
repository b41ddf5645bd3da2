"""A plugin of pytest: the tests run once for each mutant, in a copy of this process with one function changed.

The copy is made after Django is set up and the database of the tests is laid, so that a mutant costs its tests alone.
A first copy, with nothing changed, tells which tests call which function, and how long they take.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from django.db import connection

from tests.mutation.mutants import Mutant

# What asks for another process would ask one that has the code as it is; tests that wait prove little by the minute.
IN_OTHER_PROCESSES = {"service", "live_gunicorn", "live_server", "page", "browser"}
LONGEST_TEST = 3.0
# So long a copy may take: of the processor's time, and by the clock where it waits for what never comes.
LEAST_CPU, TIMES_AS_LONG, LONGEST_WAIT = 5.0, 10, 300.0


@dataclass
class Seen:
    """What the first run tells: seconds by test, and the tests that call a function, by its file and its name."""

    seconds: dict[int, float] = field(default_factory=dict)
    callers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)


class Trying:
    """Takes the place of pytest's loop over the tests. `survivors`, `tried` and `endless` tell what came of it."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.mutants = mutants
        self.survivors: list[Mutant] = []
        self.tried = self.endless = 0

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out the tests that other processes answer."""
        items[:] = [item for item in items if IN_OTHER_PROCESSES.isdisjoint(item.fixturenames)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try all mutants."""
        lay_database(session)
        files = {str(mutant.path) for mutant in self.mutants}
        seen = first_run(session, files)
        functions = functions_in(files)
        gc.freeze()
        for mutant in self.mutants:
            self.tried += 1
            callers = seen.callers.get(place(mutant.code), [])
            indices = sorted((index for index in callers if index in seen.seconds), key=seen.seconds.__getitem__)
            usual = sum(seen.seconds[index] for index in indices)
            status = status_with(session, functions[place(mutant.code)], mutant, indices, usual)
            self.endless += os.WIFSIGNALED(status)
            if not status:
                self.survivors.append(mutant)
                print(f"survived, {len(indices)} tests: line {mutant.line}: {mutant.name}", flush=True)
        return True


def place(code: CodeType) -> str:
    """The file and the name of a function."""
    return f"{code.co_filename}:{code.co_qualname}"


def lay_database(session: pytest.Session) -> None:
    """Run one test that asks for the database, in this process: what it lays for the session, in memory, stays."""
    connection.settings_dict["TEST"]["NAME"] = None
    first = next((item for item in session.items if "db" in getattr(item, "fixturenames", ())), session.items[0])
    other = next(item for item in session.items if item is not first)
    first.config.hook.pytest_runtest_protocol(item=first, nextitem=other)


def first_run(session: pytest.Session, files: set[str]) -> Seen:
    """What the tests call, and how long they take, as they are; ends where one of them fails."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "seen.json"
        child = os.fork()
        if not child:
            be_silent()
            told = watched_run(session, files)
            written.write_text(json.dumps([told.seconds, told.callers, told.failed]))
            os._exit(0)
        os.waitpid(child, 0)
        seconds, callers, failed = json.loads(written.read_text())
    for name in failed:
        print(f"left out, since it needs a database in a file: {name}")
    quick = {int(index): took for index, took in seconds.items() if took < LONGEST_TEST}
    return Seen(quick, callers)


def watched_run(session: pytest.Session, files: set[str]) -> Seen:
    """Run every test, and note what it calls of these files, from any thread."""
    seen, called = Seen(), set[str]()

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename in files:
            called.add(place(frame.f_code))

    for index in range(len(session.items)):
        called.clear()
        began = time.monotonic()
        threading.setprofile(watch)
        sys.setprofile(watch)
        run(session, index)
        sys.setprofile(None)
        if session.testsfailed:
            seen.failed.append(session.items[index].nodeid)
            session.testsfailed = 0
        else:
            seen.seconds[index] = time.monotonic() - began
        for function in called:
            seen.callers[function].append(index)
    return seen


def run(session: pytest.Session, index: int) -> None:
    """Run one test; what it shares with the whole session stays."""
    item = session.items[index]
    following = session.items[(index + 1) % len(session.items)]
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def status_with(
    session: pytest.Session, functions: list[FunctionType], mutant: Mutant, indices: list[int], usual: float
) -> int:
    """How a copy of this process ends with this mutant: 0 where no test fails, a signal where they do not end."""
    child = os.fork()
    if not child:
        be_silent()
        signal.setitimer(signal.ITIMER_PROF, max(LEAST_CPU, TIMES_AS_LONG * usual))
        signal.setitimer(signal.ITIMER_REAL, LONGEST_WAIT)
        for function in functions:
            function.__code__ = mutant.code
        leave_at_failure(session)
        for index in indices:
            run(session, index)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def be_silent() -> None:
    """What pytest tells of a run that is one of thousands is told to nobody."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def functions_in(files: set[str]) -> dict[str, list[FunctionType]]:
    """Every function of these files, by its place, wherever it is held: below decorators too."""
    found = defaultdict(list)
    for held in gc.get_objects():
        # Not isinstance: what is evaluated when it is asked for would be asked for its class.
        if type(held) is FunctionType and held.__code__.co_filename in files:
            found[place(held.__code__)].append(held)
    return found


class Leaving:
    """Ends the process with the first test that fails, before anything is told of it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Leave, unless nothing failed."""
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            os._exit(1)


def leave_at_failure(session: pytest.Session) -> None:
    """Have this process end with the first test that fails."""
    session.config.pluginmanager.register(Leaving())
