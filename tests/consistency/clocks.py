"""The clock of a machine, which can be made to tell another time than it is, and what it may have told.

What stands before the system's clock in the machine's processes is clock.c, where there is a compiler to make it.
(libfaketime cannot: under it a sleep by the monotonic clock, as Python's is, fails.)
"""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from math import inf
from pathlib import Path
from time import monotonic, time

from tests.consistency.history import ANY_TIME, Interval

SOURCE = Path(__file__).with_name("clock.c")
COMPILER = shutil.which("cc")


class Clock:
    """A clock that is right at first; it can be stepped where there is a compiler."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with (folder / "clock").open("w+b") as file:
            file.write(bytes(8))
            file.flush()
            self._told = mmap.mmap(file.fileno(), 8)
        # From when on, and since when surely, the clock is so many seconds off.
        self._steps: list[tuple[float, float, int]] = []
        self.step(0)

    def settings(self) -> dict[str, str]:
        """What a process needs in its environment so that this is its clock."""
        if COMPILER is None:
            return {}
        library = self._folder / "clock.so"
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"], check=True)
        return {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self._folder / "clock")}

    def step(self, seconds: int) -> None:
        """Let the clock be so many seconds ahead of the time, or behind it."""
        began = monotonic()
        self._told[:8] = struct.pack("=q", seconds)
        self._steps.append((began, monotonic(), seconds))

    def told(self, called: float, returned: float) -> Interval:
        """The earliest and the latest time that it may have told between these moments of the monotonic clock."""
        if returned == inf:
            return ANY_TIME
        steps = [*self._steps]
        until = [surely for _from, surely, _seconds in steps[1:]] + [inf]
        offs = [off for (began, _, off), end in zip(steps, until, strict=True) if began <= returned and end >= called]
        before, now, after = monotonic(), time(), monotonic()
        return now - (after - called) + min(offs), now - (before - returned) + max(offs)
