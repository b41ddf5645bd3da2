"""The processor time of other processes, as Linux counts it in nanoseconds."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
NANOSECONDS = 1e9


def group_of(leader: int) -> list[int]:
    """The processes of a process group."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            try:
                if os.getpgid(int(folder.name)) == leader:
                    found.append(int(folder.name))
            except ProcessLookupError:
                continue
    return found


def by_thread(pids: list[int]) -> dict[str, float]:
    """The seconds of the threads of some processes, by the names of the threads."""
    spent: dict[str, float] = {}
    for pid in pids:
        for task in (PROC / str(pid) / "task").glob("*"):
            try:
                name = (task / "comm").read_text().strip()
                spent[name] = spent.get(name, 0.0) + int((task / "schedstat").read_text().split()[0]) / NANOSECONDS
            except (FileNotFoundError, ProcessLookupError):
                continue
    return spent


def resident_megabytes(pid: int) -> float:
    """The memory of a process that no other one shares with it, and what it shares, halved among them all: its PSS."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel tells no PSS")
