"""What tokens are found by beside their own columns: parts of their description and hint, and their scopes.

A row per token, written when it is issued and never again, so that no act on tokens pays for it. The database itself
keeps all of it in step (`search_tables.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from accounts.models import User
from accounts.text.case_folding import BY_ICU, folded
from reference_tokens.models.tokens import ReferenceToken
from trusted_apps.models import TrustedApplication

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    _TextField = models.TextField[str, str]
    _Lookup = models.Lookup[Any]
else:
    _TextField = models.TextField
    _Lookup = models.Lookup

TERMS_AT_ONCE = 100


class FoldedTextField(_TextField):
    """Text that is stored folded."""


class ScopeTermsField(_TextField):
    """Scopes, each by its name alone and once more as `scope_of` writes it."""


class TokenText(models.Model):
    """The description and the hint of a token, folded (`accounts.text.case_folding`), and who else names it.

    With these a word is looked for without the token, which is read where all of them are found.
    """

    token = models.OneToOneField(
        ReferenceToken, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="search_text"
    )
    text = FoldedTextField()
    application = models.ForeignKey(
        TrustedApplication, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    holder = models.ForeignKey(User, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+")

    class Meta:
        managed = False

    def __str__(self) -> str:
        return self.text


class TokenScopes(models.Model):
    """The scopes of a token."""

    token = models.OneToOneField(
        ReferenceToken, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="search_scopes"
    )
    terms = ScopeTermsField()

    class Meta:
        managed = False

    def __str__(self) -> str:
        return self.terms


def scope_of(application_id: uuid.UUID, scope: str) -> str:
    """The term for a scope of an application's tokens alone."""
    return f"{application_id.hex}:{scope}"


class HoldsWords(_Lookup):
    """Whether each of the words stands in the text, in any case, as a word or as part of one."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        """By the index of letters in threes, which knows no order: the words are looked for in what it finds."""
        column, _none = self.process_lhs(compiler, connection)
        words = [str(folded(word)) for word in self.rhs.split()]
        conditions = [f"instr({column}, %s) > 0"] * len(words)
        threes = dict.fromkeys(word[start : start + 3] for word in words for start in range(len(word) - 2))
        if not threes:
            return f"({' AND '.join(conditions)})", words
        whole_row = row_of(self.lhs, connection)
        return f"({whole_row} MATCH %s AND {' AND '.join(conditions)})", [quoted(threes, " "), *words]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        """By patterns in the collation of the column: of another one the index would not serve them."""
        column, _none = self.process_lhs(compiler, connection)
        words = self.rhs.split()
        condition = f'{column} LIKE {BY_ICU % {"expressions": "%s"}} COLLATE "default"'
        patterns = [f"%{connection.ops.prep_for_like_query(word)}%" for word in words]
        return f"({' AND '.join([condition] * len(words))})", patterns


class HoldsTerms(_Lookup):
    """Whether one of the terms is among those of the token. On SQLite some are found for others in upper case."""

    lookup_name = "hold"
    prepare_rhs = False

    def as_sqlite(self, _compiler: Any, connection: Any) -> tuple[str, list[str]]:
        """By the index of terms."""
        return f"{row_of(self.lhs, connection)} MATCH %s", [quoted(self.rhs, " OR ")]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By the index of arrays, for each term alone where they are many.

        Of many in one array PostgreSQL expects so many tokens that it would rather compare the terms of every token.
        """
        column, _none = self.process_lhs(compiler, connection)
        terms = list(self.rhs)
        if len(terms) <= TERMS_AT_ONCE:
            return f"{column} && %s::text[]", [terms]
        quote = connection.ops.quote_name
        table = quote(self.lhs.target.model._meta.db_table)
        each = f"unnest(%s::text[]) AS term JOIN {table} AS kept ON kept.terms @> ARRAY[term]"
        return f"{quote(self.lhs.alias)}.ctid = ANY (ARRAY(SELECT kept.ctid FROM {each}))", [terms]  # noqa: S608 - names of ours


def row_of(column: Any, connection: Any) -> str:
    """The column of an FTS5 table that stands for the whole row: it has the name of the table."""
    table = column.target.model._meta.db_table
    return f"{connection.ops.quote_name(column.alias)}.{connection.ops.quote_name(table)}"


def quoted(terms: Iterable[str], between: str) -> str:
    """A query of FTS5, to which each term is plain text."""
    return between.join('"' + term.replace('"', '""') + '"' for term in terms)


FoldedTextField.register_lookup(HoldsWords)
ScopeTermsField.register_lookup(HoldsTerms)
