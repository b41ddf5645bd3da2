"""`python -m tests.fuzzing [TARGET …]`: give every parser inputs that atheris makes up, led by what they reach.

INPUTS says how many in all (100,000), SECONDS how long a target may take: those that come later, which are quicker, get
the inputs for which an earlier one had no time. An input that fails is added to the corpus of
its target, which a quick test reads again. RECORD=1 writes the figures into docs/security.md.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests import long_figures
from tests.fuzzing.corpus import add, inputs_of
from tests.fuzzing.one_target import all_targets, fuzz, set_up

USUAL = 100_000
BOUNDS = ("INPUTS", "SECONDS")
DONE = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+)")
FAILED = "failed-"


class Figures(NamedTuple):
    """What came of one target."""

    target: str
    inputs: int
    reached: int
    failed: int


def main(targets: list[str]) -> int:
    """The exit status: 1 where an input failed, or a run did not end."""
    wanted, began, found = int(os.environ.get("INPUTS") or USUAL), time.monotonic(), list[Figures]()
    set_up()
    names = targets or all_targets()
    for place, name in enumerate(names):
        left = max(0, wanted - sum(one.inputs for one in found))
        found.append(run_of(name, -(-left // (len(names) - place))))
    tried, failed = sum(one.inputs for one in found), sum(one.failed for one in found)
    sentence = f"{tried:,} inputs over {len(names)} parsers in {time.monotonic() - began:,.0f} s, {failed} failed."
    print(sentence)
    if os.environ.get("RECORD"):
        command = " ".join(["make fuzz", *(f"{name}={value}" for name in BOUNDS if (value := os.environ.get(name)))])
        rows = "".join(f"\n| `{one.target}` | {one.inputs:,} | {one.reached:,} | {one.failed} |" for one in found)
        table = f"| parser | inputs | branches reached | failed |\n|---|---|---|---|{rows}"
        long_figures.record("fuzz", f"**Fuzzing** (`{command}`): {sentence}", table)
    return 1 if failed or any(one.inputs == 0 for one in found) else 0


def run_of(target: str, inputs: int) -> Figures:
    """Run one target until its inputs or seconds are over, or one fails."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, data in enumerate(inputs_of(target)):
            (corpus / f"{number:03}").write_bytes(data)
        options = [f"-runs={inputs}", f"-artifact_prefix={folder}/{FAILED}", str(corpus)]
        seconds = os.environ.get("SECONDS")
        options += [f"-max_total_time={seconds}"] if seconds else []
        with Path(folder, "told").open("w+b") as told:
            in_copy_of_this_process(target, Path(folder, FAILED), options, told.fileno())
            text = Path(told.name).read_text(errors="replace")
        failures = [path.read_bytes() for path in Path(folder).glob(f"{FAILED}*")]
    for data in failures:
        add(target, data)
        print(f"{target} fails with {data!r}\n{text[-2000:]}")
    done = DONE.search(text)
    if done is None:
        print(text[-2000:], file=sys.stderr)
    inputs, reached = map(int, done.groups()) if done else (0, 0)
    figures = Figures(target, inputs, reached, len(failures))
    print(
        f"{target}: {figures.inputs:,} inputs, {figures.reached:,} branches reached, {figures.failed} failed",
        flush=True,
    )
    return figures


def in_copy_of_this_process(target: str, failed: Path, options: list[str], told: int) -> None:
    """Fuzz where the parsers are at hand already; what is told goes into the file."""
    child = os.fork()
    if not child:
        os.dup2(told, 1)
        os.dup2(told, 2)
        fuzz(target, failed, options)
    os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
