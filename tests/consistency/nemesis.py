"""What is done to the machines meanwhile, one fault after the other, each taken back after a moment."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from random import Random
from time import monotonic, sleep

import psycopg

from tests import postgresql
from tests.consistency.clocks import COMPILER
from tests.consistency.machines import Instance, Machine

Fault = Callable[[Instance, Random], None]
CLOCK_SECONDS = 90
SHORT, LONG = 0.3, 2.5
# So long it waits for a process that takes the place of one that was killed.
PATIENCE = 30


class FoundNobody(Exception):
    """There was nobody to do it to: it is not counted."""


@contextmanager
def somebody() -> Iterator[None]:
    """Raises `FoundNobody` where a process is gone meanwhile, or the database lets nobody in."""
    try:
        yield
    except (ProcessLookupError, psycopg.OperationalError) as error:
        raise FoundNobody from error


def one_of_the_workers(machine: Machine, chance: Random) -> int:
    """One of its processes, once none of them is being replaced; raises `FoundNobody` where that does not end."""
    until = monotonic() + PATIENCE
    while len(workers := machine.workers) < machine.size:
        if monotonic() > until:
            raise FoundNobody
        sleep(0.02)
    return chance.choice(workers)


def kill(instance: Instance, chance: Random) -> None:
    """Processes killed (SIGKILL)"""
    pid = one_of_the_workers(chance.choice(instance.machines), chance)
    with somebody():
        os.kill(pid, signal.SIGKILL)


def pause(instance: Instance, chance: Random) -> None:
    """Processes stopped and continued (SIGSTOP)"""
    pid = one_of_the_workers(chance.choice(instance.machines), chance)
    with somebody():
        os.kill(pid, signal.SIGSTOP)
    try:
        sleep(chance.uniform(SHORT, LONG))
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def step_clock(instance: Instance, chance: Random) -> None:
    """Clocks stepped by up to 90 s, and back"""
    clock = chance.choice(instance.machines).clock
    clock.step(chance.choice([-CLOCK_SECONDS, -1, 1, CLOCK_SECONDS]))
    sleep(chance.uniform(SHORT, LONG))
    clock.step(0)


def cut(instance: Instance, chance: Random) -> None:
    """Links of a machine to the stores cut and mended"""
    machine = chance.choice(instance.machines)
    with ExitStack() as cuts:
        for link in chance.choice([machine.links, machine.links[:2], machine.links[2:]]):
            cuts.enter_context(link.cut())
        sleep(chance.uniform(SHORT, LONG))


def fill_disk(instance: Instance, chance: Random) -> None:
    """Disk filled to the last byte"""
    assert instance.disk
    with instance.disk.full():
        sleep(chance.uniform(SHORT, LONG))


def restart_cache(instance: Instance, _chance: Random) -> None:
    """Redis killed and started again, empty"""
    assert instance.cache
    instance.cache.restart()


def freeze_database(instance: Instance, chance: Random) -> None:
    """PostgreSQL stopped and continued"""
    with somebody(), postgresql.frozen(instance.primary):
        sleep(chance.uniform(SHORT, LONG))


def end_connections(instance: Instance, _chance: Random) -> None:
    """Every connection of PostgreSQL ended"""
    with somebody(), psycopg.connect(instance.primary) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def promote(instance: Instance, _chance: Random) -> None:
    """PostgreSQL lost and its standby promoted"""
    postgresql.crash(instance.primary)
    postgresql.promote(instance.standby)
    instance.primary, instance.standby = instance.standby, ""


def possible(instance: Instance) -> list[Fault]:
    """What can be done to this instance, on this machine, again and again."""
    faults: list[Fault] = [kill, pause]
    if COMPILER:
        faults.append(step_clock)
    if instance.disk and instance.disk.can_be_full:
        faults.append(fill_disk)
    if instance.cache:
        faults += [cut, cut, restart_cache, freeze_database, end_connections]
    return faults


class Nemesis(threading.Thread):
    """Does faults until it is told to end; `done` says how often each."""

    def __init__(self, instance: Instance, seed: int) -> None:
        super().__init__(name="nemesis")
        self._instance, self._chance, self._ends = instance, Random(seed), threading.Event()
        self.done: Counter[str] = Counter()
        self.failed: BaseException | None = None
        self.may_promote = threading.Event()

    def run(self) -> None:
        """Do one after the other, with a moment of peace between them."""
        faults = possible(self._instance)
        try:
            while not self._ends.wait(self._chance.uniform(SHORT, LONG)):
                self.do(self._chance.choice(faults))
                if self.may_promote.is_set() and self._instance.standby:
                    self.do(promote)
        except BaseException as error:  # noqa: BLE001 - the run is told
            self.failed = error

    def do(self, fault: Fault) -> None:
        """One fault, counted where it found somebody."""
        with suppress(FoundNobody):
            fault(self._instance, self._chance)
            self.done[fault.__doc__ or ""] += 1

    def end(self) -> None:
        """Take the last one back, and do no more."""
        self._ends.set()
        self.join()


@contextmanager
def nemesis(instance: Instance, seed: int, *, peaceful: bool = False) -> Iterator[Nemesis]:
    """Does faults for the time of the block, none where it is peaceful; raises what kept it from doing one."""
    thread = Nemesis(instance, seed)
    if not peaceful:
        thread.start()
    try:
        yield thread
    finally:
        if not peaceful:
            thread.end()
    if thread.failed:
        raise thread.failed
