"""Making the instance what a file says, all of it or nothing; and finding out what that would change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.database.deadlines import deadline_of_thread
from accounts.database.statement_time import TakesTooLong
from reference_tokens.configuration.errors import Fault, NotValid, PlanChanged
from reference_tokens.configuration.kinds import KINDS
from reference_tokens.configuration.plan import Change, Sign, fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from reference_tokens.configuration.document import Configuration, Entry
    from reference_tokens.configuration.kinds.kind import Kind, State
    from reference_tokens.configuration.run import Run


def plan(configuration: Configuration, run: Run, *, prunes: bool) -> list[Change]:
    """What applying would change, found out by doing it and taking it back; raises `NotValid`."""
    with transaction.atomic():
        changes = done(configuration, run, prunes=prunes)
        transaction.set_rollback(True)
    return changes


def apply(configuration: Configuration, run: Run, *, prunes: bool, agreed: list[Change] | None = None) -> list[Change]:
    """Make the instance what the file says, in one transaction; returns what that changed.

    Raises `NotValid`, `TakesTooLong`, and `PlanChanged` where that is not what somebody has `agreed` to.
    """
    with transaction.atomic():
        changes = done(configuration, run, prunes=prunes)
        if agreed is not None and fingerprint(changes) != fingerprint(agreed):
            raise PlanChanged
    return changes


def done(configuration: Configuration, run: Run, *, prunes: bool) -> list[Change]:
    """Do it, in the caller's transaction."""
    sections = [(kind, getattr(configuration, kind.section)) for kind in KINDS]
    named = [(kind, section) for kind, section in sections if section is not None]
    # All that is named is locked before anything is written to the audit log: applications before users (POL-3).
    rows = {kind.section: kind.stored(keys_of(kind, section, run)) for kind, section in reversed(named)}
    if run.faults:
        raise NotValid(run.faults)
    for kind, section in named:
        for number, entry in enumerate(section):
            require_time()
            with run.at(f"/{kind.section}/{number}"):
                put(kind, rows[kind.section], entry, run)
    if prunes:
        for kind, section in reversed(named):
            prune(kind, {kind.key(entry) for entry in section}, run)
    if run.faults:
        raise NotValid(run.faults)
    return run.changes


def require_time() -> None:
    """Raise `TakesTooLong` behind the deadline of this thread: all that is done meanwhile keeps other writers out."""
    if time.monotonic() > deadline_of_thread():
        raise TakesTooLong


def keys_of(kind: Kind[Any], section: Sequence[Entry], run: Run) -> list[str]:
    """The keys of a section; notes one that stands twice as a fault."""
    keys: dict[str, int] = {}
    for number, entry in enumerate(section):
        if keys.setdefault(kind.key(entry), number) != number:
            run.faults.append(Fault(f"/{kind.section}/{number}", "It stands there twice."))
    return list(keys)


def put(kind: Kind[Any], rows: dict[str, Any], entry: Entry, run: Run) -> None:
    """Add a thing, or give it what the file says of it."""
    key, members = kind.key(entry), entry.given()
    row = rows.get(key)
    if row is None:
        after = kind.add(run, entry.model_dump() | members)
        run.changes.append(Change(Sign.ADDED, kind.name, kind.shown(key), after=shown(kind, after)))
        return
    state = kind.state(row)
    differing = {name: value for name, value in members.items() if not same(value, state[name])}
    if not differing:
        return
    impact = kind.change(run, row, differing)
    before = {name: state[name] for name in differing}
    run.changes.append(
        Change(Sign.CHANGED, kind.name, kind.shown(key), shown(kind, before), shown(kind, differing), impact)
    )


def prune(kind: Kind[Any], keys: Collection[str], run: Run) -> None:
    """Take away every thing of a kind that the file does not name."""
    for key, row in kind.stored().items():
        if key in keys:
            continue
        require_time()
        with run.at(f"/{kind.section} without {kind.shown(key)}"):
            before, left = kind.state(row), kind.remove(run, row)
            if left is None:
                run.changes.append(Change(Sign.REMOVED, kind.name, kind.shown(key), before=shown(kind, before)))
            elif differing := [name for name in left if left[name] != before[name]]:
                was, has = ({name: one[name] for name in differing} for one in (before, left))
                run.changes.append(Change(Sign.CHANGED, kind.name, kind.shown(key), was, has))


def same(value: Any, stored: Any) -> bool:
    """Whether they are alike; the order of a list says nothing."""
    return sorted(value) == sorted(stored) if isinstance(value, list) else value == stored


def shown(kind: Kind[Any], members: State) -> State:
    """The members as a plan shows them: an address may be as good as a password."""
    return {name: kind.shown(value) if name == "url" else value for name, value in members.items()}
