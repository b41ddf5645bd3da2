"""A copy of this process runs tests, and ends with what they say of the code in it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import CodeType, FunctionType

import pytest

# So long a copy may take: of the processor's time, and by the clock where it waits for what never comes.
LEAST_CPU, LONGEST_WAIT, TIMES_AS_LONG = 5.0, 300.0, 10
PASSED, FAILED, UNFIT, BROKEN = range(4)
STDOUT, STDERR = 1, 2


class Ending(StrEnum):
    """What came of a change."""

    SURVIVED = "survived"
    KILLED = "killed"
    ENDLESS = "killed, since the tests would not end"
    UNFIT = "not tried, since Python refuses the code in place of the function's"
    UNDECIDED = "undecided, since the copy ended before its tests"


@dataclass(frozen=True, slots=True)
class Run:
    """Tests in their order, and the seconds that they usually take."""

    items: list[pytest.Item]
    usual: float


def ending_of(tests: Run, functions: Iterable[FunctionType] = (), code: CodeType | None = None) -> Ending:
    """What the tests say of this code in place of that of the functions; of the code as it is without any."""
    child = os.fork()
    if not child:
        status = BROKEN
        try:
            status = status_of(tests, functions, code)
        finally:
            os._exit(status)
    return ending_by(os.waitpid(child, 0)[1])


def ending_by(status: int) -> Ending:
    """What the status says that the system gives of a process."""
    if os.WIFSIGNALED(status):
        return Ending.ENDLESS if os.WTERMSIG(status) in {signal.SIGPROF, signal.SIGALRM} else Ending.UNDECIDED
    known = {PASSED: Ending.SURVIVED, FAILED: Ending.KILLED, UNFIT: Ending.UNFIT}
    return known.get(os.WEXITSTATUS(status), Ending.UNDECIDED)


def status_of(tests: Run, functions: Iterable[FunctionType], code: CodeType | None) -> int:
    """Run the tests in this process, which ends with the first that fails; its name is told where nothing changed."""
    told = os.dup(STDERR) if code is None else None
    be_silent()
    if code is not None and not changed(functions, code):
        return UNFIT
    signal.setitimer(signal.ITIMER_PROF, max(LEAST_CPU, TIMES_AS_LONG * tests.usual))
    signal.setitimer(signal.ITIMER_REAL, max(LONGEST_WAIT, TIMES_AS_LONG * tests.usual))
    for item in tests.items[:1]:
        item.config.pluginmanager.register(Leaving(told))
    for item in tests.items:
        run(item)
    return PASSED


def changed(functions: Iterable[FunctionType], code: CodeType) -> bool:
    """Give the functions this code; False where one of them holds names of a scope that the code does not ask for."""
    try:
        for function in functions:
            function.__code__ = code
    except ValueError:
        return False
    return True


def run(item: pytest.Item) -> None:
    """Run one test, and end what it shares with others, but for what the whole session shares: any may follow."""
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=item.session)


def be_silent() -> None:
    """What pytest tells of a run that is one of thousands is told to nobody."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    os.dup2(nowhere, STDERR)


class Leaving:
    """Ends the process with the first test that fails, before pytest tells of it."""

    def __init__(self, told: int | None) -> None:
        self.told = told

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Leave, unless nothing failed."""
        if call.excinfo is None or call.excinfo.errisinstance(pytest.skip.Exception):
            return
        if self.told is not None:
            os.write(self.told, f"{item.nodeid}, {call.when}: {call.excinfo.exconly()}\n".encode())
        os._exit(FAILED)
