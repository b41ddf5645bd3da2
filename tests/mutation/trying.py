"""A plugin of pytest: the tests run once for each mutant, in a copy of this process with one function changed.

The copy is made after Django is set up and the database of the tests is laid, so that a mutant costs its tests alone.
A first copy, with nothing changed, tells which tests call which function, and how long they take. A mutant is killed
where a test fails that passes in a copy with nothing changed, after the same tests as with the mutant.
"""

from __future__ import annotations

import gc
import json
import os
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

from tests.mutation.copies import Ending, Run, be_silent, ending_of, run
from tests.mutation.mutant import Mutant

OPTIONS = ("-qq", "-s", "--no-header", "--tb=no", "-p", "no:randomly", "-p", "no:cacheprovider")
# What asks for another process would ask one that has the code as it is; tests that wait prove little by the minute.
IN_OTHER_PROCESSES = {"service", "live_gunicorn", "live_server", "page", "browser"}
LONGEST_TEST = 3.0


@dataclass
class Seen:
    """What the first run tells: seconds by test, and the tests that call a function, by its file and its name."""

    seconds: dict[int, float] = field(default_factory=dict)
    callers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    def run_of(self, session: pytest.Session, code: CodeType) -> Run:
        """The tests that call the function, quickest first."""
        callers = [index for index in self.callers.get(place(code), []) if index in self.seconds]
        callers.sort(key=self.seconds.__getitem__)
        return Run([session.items[index] for index in callers], sum(self.seconds[index] for index in callers))


class Trying:
    """Takes the place of pytest's loop over the tests. `survivors`, `tried` and `endless` tell what came of it."""

    def __init__(self, mutants: list[Mutant]) -> None:
        self.mutants = mutants
        self.survivors: list[Mutant] = []
        self.tried = self.endless = 0
        self._sound: set[tuple[str, ...]] = set()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave out the tests that other processes answer, and those whose threads a database in memory does."""
        items[:] = [item for item in items if IN_OTHER_PROCESSES.isdisjoint(item.fixturenames) and not commits(item)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try all mutants. Raises RuntimeError where tests fail with nothing changed: they would kill anything."""
        lay_database(session)
        files = {str(mutant.path) for mutant in self.mutants}
        seen = first_run(session, files)
        functions = functions_in(files)
        gc.freeze()
        for mutant in self.mutants:
            tests = seen.run_of(session, mutant.code)
            self._expect_sound(tests)
            self._try(mutant, tests, functions[place(mutant.code)])
        return True

    def _expect_sound(self, tests: Run) -> None:
        """Run these tests, in this order, with nothing changed, unless that was done."""
        names = tuple(item.nodeid for item in tests.items)
        if names not in self._sound and ending_of(tests) is not Ending.SURVIVED:
            raise RuntimeError(f"of {len(names)} tests, in this order, one fails with nothing changed")
        self._sound.add(names)

    def _try(self, mutant: Mutant, tests: Run, functions: list[FunctionType]) -> None:
        """Count the mutant; what no test decides is left."""
        ending = ending_of(tests, functions, mutant.code)
        self.tried += 1
        self.endless += ending is Ending.ENDLESS
        if ending not in {Ending.KILLED, Ending.ENDLESS}:
            self.survivors.append(mutant)
            print(f"{ending}, {len(tests.items)} tests: line {mutant.line}: {mutant.name}", flush=True)


def commits(item: pytest.Item) -> bool:
    """Whether the test commits, as those with threads do: where the database is in memory, chance says who is first."""
    marker = item.get_closest_marker("django_db")
    return marker is not None and bool(marker.kwargs.get("transaction"))


def place(code: CodeType) -> str:
    """The file and the name of a function."""
    return f"{code.co_filename}:{code.co_qualname}"


def lay_database(session: pytest.Session) -> None:
    """Run one test that asks for the database, in this process: what it lays for the session, in memory, stays."""
    connection.settings_dict["TEST"]["NAME"] = None
    run(next((item for item in session.items if "db" in getattr(item, "fixturenames", ())), session.items[0]))


def first_run(session: pytest.Session, files: set[str]) -> Seen:
    """What the tests call, and how long they take, as they are; a test that fails is left out."""
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
        print(f"left out, since it fails in a copy, in memory: {name}")
    quick = {int(index): took for index, took in seconds.items() if took < LONGEST_TEST}
    return Seen(quick, callers)


def watched_run(session: pytest.Session, files: set[str]) -> Seen:
    """Run every test, and note what it calls of these files, from any thread."""
    seen, called = Seen(), set[str]()

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename in files:
            called.add(place(frame.f_code))

    for index, item in enumerate(session.items):
        called.clear()
        began = time.monotonic()
        threading.setprofile(watch)
        sys.setprofile(watch)
        run(item)
        sys.setprofile(None)
        if session.testsfailed:
            seen.failed.append(item.nodeid)
            session.testsfailed = 0
        else:
            seen.seconds[index] = time.monotonic() - began
        for function in called:
            seen.callers[function].append(index)
    return seen


def functions_in(files: set[str]) -> dict[str, list[FunctionType]]:
    """Every function of these files, by its place, wherever it is held: below decorators too."""
    found = defaultdict(list)
    for held in gc.get_objects():
        # Not isinstance: what is evaluated when it is asked for would be asked for its class.
        if type(held) is FunctionType and held.__code__.co_filename in files:
            found[place(held.__code__)].append(held)
    return found
