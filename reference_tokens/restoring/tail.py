"""What the lines of the fence tell that is not in this database."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from accounts.audit.marks import PRUNED, find_mark
from accounts.audit.queries import instants_of
from reference_tokens.fence.lines import Line, Word, read_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINES_AT_ONCE = 500
# What takes another one back.
TAKES_BACK = {
    Word.RESUMED: Word.SUSPENDED,
    Word.REACTIVATED: Word.DEACTIVATED,
    Word.PROMOTED: Word.DEMOTED,
    Word.APPLICATION_ENABLED: Word.APPLICATION_DISABLED,
    Word.SERVER_ENABLED: Word.SERVER_DISABLED,
    Word.SCOPE_GAINED: Word.SCOPE_LOST,
}
# Of which one id has several, each by its value.
BY_VALUE = {Word.SCOPE_LOST, Word.SECRET_REMOVED}


class Tail:
    """What happened last to each id, as lines tell that were read in their order, and is not in this database.

    What the database knows and came later counts: an act whose commit failed is not done against what people did then.
    """

    def __init__(self, lines: Iterable[tuple[Line, bool]]) -> None:
        self._last: dict[Word, dict[tuple[str, str], Line]] = {}
        for line, is_known in lines:
            about = TAKES_BACK.get(line.word, line.word)
            key = line.id, line.value if about in BY_VALUE else ""
            last = self._last.setdefault(about, {})
            if is_known:
                last.pop(key, None)
            else:
                last[key] = line

    @property
    def is_empty(self) -> bool:
        """Whether nothing is missing in this database."""
        return not any(self._last.values())

    def told(self, word: Word) -> list[Line]:
        """The lines with this word that no later one took back."""
        return [line for line in self._last.get(word, {}).values() if line.word == word]

    def taken_back(self, word: Word) -> list[Line]:
        """The lines that came last, and took such a word back."""
        return [line for line in self._last.get(word, {}).values() if line.word != word]


def told_lines(texts: Iterable[str]) -> Iterator[tuple[Line, bool]]:
    """The lines, each with whether this database knows the act: its audit log has such an entry, or had one."""
    mark = find_mark(PRUNED)
    pruned = mark.place.seq if mark else 0
    lines = (line for text in texts if (line := read_line(text)))
    while portion := list(islice(lines, LINES_AT_ONCE)):
        known = instants_of({line.seq for line in portion})
        yield from ((line, line.seq <= pruned or known.get(line.seq) == line.at) for line in portion)
