"""Progress of long work, drawn on a terminal; a pipe, a file or a log gets only the result.

Work of any layer reports to a plain callable (`Report`); only this module knows how to draw on a terminal.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

One = TypeVar("One")


class Report(Protocol):
    """Called by work with its name, how much is done, and of how much; None where the total is not known."""

    def __call__(self, text: str, done: int = 0, total: int | None = None) -> object: ...


def to_nobody(text: str, done: int = 0, total: int | None = None) -> None:
    """The report of work that nobody watches."""


def is_watched(report: Report) -> bool:
    """Whether a query for the total is worth its time: somebody watches."""
    return report is not to_nobody


def rows_with_progress(
    rows: Iterable[One], text: str, report: Report, *, total: int | None = None, every: int = 1
) -> Iterator[One]:
    """Each of the rows; reports the count of finished rows now and then."""
    report(text, 0, total)
    for number, row in enumerate(rows, start=1):
        yield row
        if number % every == 0:
            report(text, number, total)


@contextmanager
def progress(*, verbosity: int = 1) -> Iterator[Report]:
    """Draw the reports of the block on standard error, if that is a terminal; the drawing disappears after it."""
    if verbosity == 0 or not sys.stderr.isatty():
        yield to_nobody
        return
    bar = drawing()
    with bar, log_lines_above():
        # A hidden cursor would stay hidden where the process is killed.
        bar.console.show_cursor()
        yield report_to(bar)


def report_to(bar: Progress) -> Report:
    """A report that is drawn at once for new work, and soon for a growing count."""
    begun: tuple[str, int | None] | None = None

    def report(text: str, done: int = 0, total: int | None = None) -> None:
        nonlocal begun
        count = amount_in_words(done, total)
        if begun == (text, total):
            bar.update(bar.task_ids[0], completed=done, count=count)
            return
        begun = text, total
        for task in bar.task_ids:
            bar.remove_task(task)
        bar.add_task(printable(text, bar.console), completed=done, total=total, count=count)

    return report


def drawing() -> Progress:
    """A line with a spinner, the name of the work, a bar, a count and the time; in ASCII for a plain terminal."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and most commands never draw
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    console = Console(stderr=True, force_terminal=True)
    return Progress(
        SpinnerColumn("line" if console.options.ascii_only else "dots"),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # Standard output may be a file, which must hold no drawing.
        redirect_stdout=False,
    )


def amount_in_words(done: int, total: int | None) -> str:
    """How much is done, of how much; empty where neither is known."""
    if total is None:
        return f"{done:,}" if done else ""
    return f"{done:,}/{total:,}"


def printable(text: str, console: Console) -> str:
    """The text, with a replacement for each character that the terminal lacks."""
    return text.encode(console.encoding, "replace").decode(console.encoding)


@contextmanager
def log_lines_above() -> Iterator[None]:
    """Write the lines of the log above the drawing, rather than into it."""
    # The log was given the terminal itself at the start.
    real = sys.__stderr__
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is real
    ]
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(real)
