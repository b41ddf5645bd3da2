"""The lines of the fence that tell of acts which are not in this database."""

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
    """What happened last to each id, as lines tell that were read in their order."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._last: dict[Word, dict[tuple[str, str], Line]] = {}
        self.count = 0
        for line in lines:
            self.count += 1
            about = TAKES_BACK.get(line.word, line.word)
            key = line.id, line.value if about in BY_VALUE else ""
            self._last.setdefault(about, {})[key] = line

    def told(self, word: Word) -> list[Line]:
        """The lines with this word that no later one took back."""
        return [line for line in self._last.get(word, {}).values() if line.word == word]

    def taken_back(self, word: Word) -> list[Line]:
        """The lines that came last, and took such a word back."""
        return [line for line in self._last.get(word, {}).values() if line.word != word]


def foreign_lines(texts: Iterable[str]) -> Iterator[Line]:
    """The lines about acts that this database does not know: its audit log has no such entry."""
    mark = find_mark(PRUNED)
    pruned = mark.place.seq if mark else 0
    lines = (line for text in texts if (line := read_line(text)))
    while portion := list(islice(lines, LINES_AT_ONCE)):
        known = instants_of({line.seq for line in portion})
        yield from (line for line in portion if line.seq > pruned and known.get(line.seq) != line.at)
