"""Comparing text as people do, without regard to case and to composed letters (TXT-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan

from accounts.text.normal_forms import nfc

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

SQLITE_FUNCTION = "folded"
ASCII_IN_SQLITE = "LENGTH(CAST({0} AS BLOB)) = LENGTH({0})"
BY_ICU = 'UPPER(NORMALIZE((%(expressions)s)::text, NFC) COLLATE "und-x-icu")'


def folded(text: str | None) -> str | None:
    """The text in NFC and case-folded; NULL stays NULL."""
    if text is None or text.isascii():
        return text and text.lower()
    return nfc(nfc(text).casefold())


class Folded(Func):
    """`folded` in the database, for a column or a value.

    A text of ASCII alone, which its length tells, is folded without Unicode's tables: for a million texts these take
    ten times as long.
    """

    arity = 1
    function = SQLITE_FUNCTION
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """In Python for letters outside ASCII."""
        by_python, values = self.as_sql(compiler, connection, **context)
        if values:
            return by_python, values
        column, _none = compiler.compile(self.source_expressions[0])
        is_ascii = ASCII_IN_SQLITE.format(column)
        return f"CASE WHEN {is_ascii} THEN LOWER({column}) ELSE {by_python} END", values

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """By ICU, for any locale of the database; in upper case, which also writes out ligatures and the sharp s."""
        by_icu, values = self.as_sql(compiler, connection, template=BY_ICU, **context)
        if values:
            return by_icu, values
        column, _none = compiler.compile(self.source_expressions[0])
        is_ascii = f"OCTET_LENGTH({column}) = LENGTH({column})"
        return f'CASE WHEN {is_ascii} THEN UPPER({column} COLLATE "C") COLLATE "und-x-icu" ELSE {by_icu} END', values


class Contains(Func):
    """Whether a column contains a value, in any case.

    SQLite's LIKE knows the case of ASCII alone, and takes a third less for a text of it than to fold and search it.
    """

    arity = 2
    output_field = BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **_context: Any) -> Any:
        """By LIKE for a text of ASCII alone."""
        expression, value = cast("list[Any]", self.source_expressions)
        column, _none = compiler.compile(expression)
        words = str(folded(value.value))
        is_ascii, by_python = ASCII_IN_SQLITE.format(column), f"INSTR({SQLITE_FUNCTION}({column}), %s) > 0"
        condition = f"CASE WHEN {is_ascii} THEN {column} LIKE %s ESCAPE '\\' ELSE {by_python} END"
        return condition, [f"%{connection.ops.prep_for_like_query(words)}%", words]

    def as_postgresql(self, compiler: Any, _connection: Any) -> Any:
        """By the place where it begins."""
        place = StrIndex(*map(Folded, self.source_expressions))
        return compiler.compile(GreaterThan(place, Value(0)))


def contains_text(column: str, words: str) -> Q:
    """Whether the column contains the words, in any case."""
    return Q(Contains(F(column), Value(words)))


def folded_contains(column: str, words: str) -> Q:
    """Whether a column, whose texts are stored folded, contains the words, in any case."""
    return Q(GreaterThan(StrIndex(F(column), Folded(Value(words))), 0))


def equals_text(column: str, name: str) -> Q:
    """Whether the column equals the name, in any case."""
    return Q(Exact(Folded(F(column)), Folded(Value(name))))


def register_sqlite_function(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Give a new connection to SQLite the function: SQLite's own fold the letters from A to Z alone."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 1, folded, deterministic=True)
