"""A plan for people: in a terminal, and as Markdown in a pull request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reference_tokens.configuration.plan import Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reference_tokens.configuration.plan import Change

NOTHING = "Nothing differs: the instance is as the file says."
# What happens to tokens, in the words of the form of an application.
IMPACTS = {
    "outside_policy": "issued by people who may then issue none",
    "living_longer": "that live longer than is then allowed",
    "losing_scopes": "that lose some of their scopes",
    "without_scopes": "that are left without a scope",
    "disabled": "that are refused while it is disabled",
    "acting_as_another": "that act as another System User",
}


def plan_in_words(changes: Sequence[Change]) -> list[str]:
    """The lines of a plan, with how many things are added, changed and removed."""
    if not changes:
        return [NOTHING]
    lines = [line for change in changes for line in change_in_words(change)]
    return [*lines, "", totals(changes)]


def change_in_words(change: Change) -> list[str]:
    """What happens to one thing: a line for it, for each member, and for the tokens that it concerns."""
    return [
        f"{change.sign} {change.kind} {change.name}",
        *(f"    {line}" for line in members_in_words(change)),
        *(f"    ! {line}" for line in impact_in_words(change.impact)),
    ]


def members_in_words(change: Change) -> list[str]:
    """The members that are given, taken or changed; of a new or removed thing only those that say something."""
    if change.sign == Sign.CHANGED:
        return [f"{name}: {plain(change.before[name])} → {plain(value)}" for name, value in change.after.items()]
    members = change.after or change.before
    return [f"{name}: {plain(value)}" for name, value in members.items() if value not in ("", [], None, False)]


def impact_in_words(impact: dict[str, int]) -> list[str]:
    """How many live tokens a change concerns."""
    return [f"{count} live {'token' if count == 1 else 'tokens'} {IMPACTS[name]}" for name, count in impact.items()]


def plain(value: Any) -> str:
    """A value as it is written in the file."""
    return json.dumps(value, ensure_ascii=False)


def totals(changes: Iterable[Change]) -> str:
    """How many things are added, changed and removed."""
    signs = [change.sign for change in changes]
    return ", ".join(
        f"{signs.count(sign)} {word}"
        for sign, word in ((Sign.ADDED, "to add"), (Sign.CHANGED, "to change"), (Sign.REMOVED, "to remove"))
    )


def plan_as_markdown(changes: Sequence[Change]) -> str:
    """The plan for a comment of a pull request: a summary, and each change as a coloured difference."""
    if not changes:
        return f"**Reference tokens:** {NOTHING}"
    # A text of somebody's cannot end the block.
    lines = [line.replace("`", "'") for change in changes for line in change_as_difference(change)]
    return "\n".join([f"**Reference tokens:** {totals(changes)}", "", "```diff", *lines, "```"])


def change_as_difference(change: Change) -> list[str]:
    """What happens to one thing, in lines that are coloured by what they begin with."""
    if change.sign != Sign.CHANGED:
        members = [f"{change.sign}     {line}" for line in members_in_words(change)]
        return [f"{change.sign} {change.kind} {change.name}", *members]
    lines = [f"! {change.kind} {change.name}"]
    for name, value in change.after.items():
        lines += [f"-     {name}: {plain(change.before[name])}", f"+     {name}: {plain(value)}"]
    return lines + [f"!     {line}" for line in impact_in_words(change.impact)]
