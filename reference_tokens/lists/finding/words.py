"""Searching tokens: each word stands in a text of the token, or tells its application, its holder or its id.

The applications and people of a word are looked up first: they are few beside their tokens, to which an index leads
from there.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from functools import reduce
from operator import and_, or_
from string import hexdigits
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import F, Q
from django.db.models.lookups import In

from accounts.database.unindexed import Unindexed
from accounts.models import User
from accounts.text.case_folding import contains_text, folded, folded_contains
from reference_tokens.lists.capped_count import ids_of
from reference_tokens.models import TokenText
from reference_tokens.models.among import AmongIds
from reference_tokens.models.outside_policy import NONE
from reference_tokens.models.rules import ALL
from reference_tokens.token_values.token_format import PREFIX
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from django.db.models import QuerySet

# Of more applications or people than these the ids are not told one by one, but in one parameter.
MOST_NAMED = 1_000
# Of more than these they are not told at all: wherever they are asked for, they are looked up once more.
MOST_TOLD = 5_000
# So few people have about as few tokens as an index of letters finds.
FEW_PEOPLE = 20
# No index knows fewer letters.
SHORTEST_INDEXED = 3
OF_USER = ("username", "name", "email")
# Of every hint (`token_format.hint`), folded.
LETTERS_OF_HINTS = {*PREFIX, *hexdigits.lower(), "…"}


class Word(NamedTuple):
    """A word, and which tokens it finds beside those in whose texts it stands: an index leads to each sort."""

    text: str
    named: list[Q]
    # The same, as the texts of a token tell it.
    named_in_text: list[Q]
    # How many applications and people they are of; and whether of people alone who are told by their ids, or by an id.
    number: int
    are_of_people: bool

    @property
    def are_few(self) -> bool:
        """Whether it names so few people that they have few tokens, or is an id."""
        return self.are_of_people and self.number <= FEW_PEOPLE

    @property
    def leads(self) -> bool:
        """Whether an index leads from it to a few tokens, as far as that is known without counting."""
        return self.are_few if self.named else len(self.text) >= SHORTEST_INDEXED

    @property
    def asked(self) -> Q:
        """Whether it finds a token, of which the texts are read."""
        return reduce(or_, self.named, has_word(self.text))

    @property
    def asked_in_text(self) -> Q:
        """The same of a token that is found by its texts: these are at hand, and folded, and the token is not read."""
        return reduce(or_, self.named_in_text, folded_contains("search_text__text", self.text))


class Nameable(NamedTuple):
    """A sort of what a word can name: its rows, and the column of tokens that points to them."""

    rows: Callable[[str], QuerySet[Any]]
    column: str
    # Whether the tokens that nobody holds are meant alone: an index is of these.
    are_services: bool = False

    def tokens_of(self, word: str, ids: list[uuid.UUID], table: str = "") -> Q:
        """The tokens of what the word names: of these ids, or of more than are looked for.

        `table`: the relation whose columns are asked, in place of those of the tokens.
        """
        tokens = Q((f"{table}holder", None)) if self.are_services else ALL
        if len(ids) > MOST_TOLD:
            return tokens & Q((f"{table}{self.column}__in", self.rows(word)))
        if len(ids) > MOST_NAMED:
            return tokens & Q(AmongIds(F(f"{table}{self.column}"), ids))
        return tokens & Q((f"{table}{self.column}__in", ids))


NAMEABLE = [
    Nameable(lambda word: TrustedApplication.objects.filter(holds(word, "name", "application_uri")), "application"),
    Nameable(
        lambda word: TrustedApplication.objects.filter(holds(word, *(f"system_user__{name}" for name in OF_USER))),
        "application",
        are_services=True,
    ),
    Nameable(lambda word: User.objects.filter(holds(word, *OF_USER)), "holder"),
]


def words_of(texts: Collection[str]) -> list[Word]:
    """The words, each once, with what they name; one query, or none without words."""
    different = list(dict.fromkeys(texts))
    named = iter(ids_named(different) if different else [])
    return [word_of(text, [next(named) for _sort in NAMEABLE]) for text in different]


def ids_named(texts: Collection[str]) -> list[list[uuid.UUID]]:
    """The ids of what each word names, of each sort: no more than one more than are told."""
    sets = [ids_of(sort.rows(text), MOST_TOLD) for text in texts for sort in NAMEABLE]
    sql = " UNION ALL ".join(
        f"SELECT {place}, named.* FROM ({ids.sql}) AS named"  # noqa: S608 - Django's own
        for place, ids in enumerate(sets)
    )
    found: list[list[uuid.UUID]] = [[] for _ids in sets]
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for ids in sets for value in ids.parameters])
        for place, pk in cursor.fetchall():
            found[place].append(uuid.UUID(str(pk)))
    return found


def word_of(text: str, named: list[list[uuid.UUID]]) -> Word:
    """A word that names these."""
    by_token, by_text = (
        [sort.tokens_of(text, ids, table) for sort, ids in zip(NAMEABLE, named, strict=True) if ids]
        for table in ("", "search_text__")
    )
    if pk := id_in(text):
        is_it = Q(pk=pk)
        return Word(text, [*by_token, is_it], [*by_text, is_it], number=0, are_of_people=True)
    *applications, people = named
    are_of_people = not any(applications) and 0 < len(people) <= MOST_NAMED
    return Word(text, by_token, by_text, number=sum(map(len, named)), are_of_people=are_of_people)


def ways_by(words: list[Word]) -> list[Q]:
    """Conditions that hold together of all tokens with the words, to each of which an index leads."""
    plain, named = [word for word in words if not word.named], [word for word in words if word.named]
    lead = min(named, key=lambda word: (not word.are_of_people, word.number), default=None)
    if lead is None or (any(word.leads for word in plain) and not lead.are_few):
        return [in_text(plain, named)]
    others = [word for word in named if word is not lead]
    asked = asked_of_all if lead.are_few or not lead.are_of_people else asked_of_ids
    return [*(condition & asked([*plain, *others]) for condition in lead.named), in_text([lead, *plain], others)]


def asked_of_all(words: Iterable[Word]) -> Q:
    """Whether all of the words find a token."""
    return reduce(and_, (word.asked for word in words), Q())


def asked_of_ids(words: list[Word]) -> Q:
    """The same of the tokens of many people: of most of them nothing is read but their ids, in the index of people."""
    told = [word for word in words if word.are_of_people and len(word.text) >= SHORTEST_INDEXED]
    by_ids = [reduce(or_, word.named, has_text(word)) for word in told]
    return reduce(and_, by_ids, asked_of_all(word for word in words if word not in told))


def has_text(word: Word) -> Q:
    """Whether a token is one of those in whose texts the word stands, which are found before it is read."""
    return Q(In(Unindexed("pk"), TokenText.objects.filter(text__holds=word.text).values("token").query))


def in_text(words: Iterable[Word], others: Iterable[Word] = ()) -> Q:
    """The tokens in whose texts all of the words stand, by the index of letters, and that the others find too."""
    return reduce(and_, (word.asked_in_text for word in others), Q(search_text__text__holds=together(words)))


def together(words: Iterable[Word]) -> str:
    """The texts of the words, one behind the other."""
    return " ".join(word.text for word in words)


def taken_by(words: list[Word]) -> list[Q]:
    """Conditions for a set in no order: all of them hold of the tokens that every word finds."""
    plain, named = [word for word in words if not word.named], [word for word in words if word.named]
    sets = [(plain, NONE)] if plain else []
    sets += [([word], reduce(or_, word.named)) for word in named]
    return [
        by_name | Q(pk__in=TokenText.objects.filter(text__holds=together(of)).values("token")) for of, by_name in sets
    ]


def has_word(word: str) -> Q:
    """Whether a word stands in the description or the hint of a token."""
    return holds(word, "description", "hint") if can_be_in_hint(word) else holds(word, "description")


def can_be_in_hint(word: str) -> bool:
    """Whether a hint can hold the word: most words have other letters, and no hint is read for these."""
    return set(str(folded(word))) <= LETTERS_OF_HINTS


def in_row(word: str) -> Q:
    """Whether a word finds a token, as its row and those of its application and its holder tell: for a few tokens."""
    pk = id_in(word)
    as_system = Q(holder=None) & holds(word, *(f"application__system_user__{name}" for name in OF_USER))
    named = holds(word, "application__name", "application__application_uri", *(f"holder__{name}" for name in OF_USER))
    return has_word(word) | named | as_system | (Q(pk=pk) if pk else NONE)


def holds(word: str, *columns: str) -> Q:
    """Whether a word stands in one of the columns."""
    return reduce(or_, (contains_text(column, word) for column in columns))


def id_in(text: str) -> uuid.UUID | None:
    """The id that a text is, or none."""
    with suppress(ValueError):
        return uuid.UUID(text)
    return None
