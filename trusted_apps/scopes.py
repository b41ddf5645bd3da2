"""Scopes as RFC 6749 §3.3 writes them: names separated by one space, kept sorted and without repeats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression

    _TextField = models.TextField[Iterable[str], tuple[str, ...]]
else:
    _TextField = models.TextField

# scope-token = 1*( %x21 / %x23-5B / %x5D-7E ): visible ASCII without the quotation mark and the backslash.
SCOPE_TOKEN_PATTERN = r"^[\x21\x23-\x5B\x5D-\x7E]+\Z"  # noqa: S105 - a pattern, not a password

scope_token = RegexValidator(
    SCOPE_TOKEN_PATTERN,
    _('A scope is written without spaces, in visible ASCII characters other than " and \\.'),
    code="scope_token",
)


def split_scopes(text: str) -> tuple[str, ...]:
    """The scopes in a text, sorted, without repeats."""
    return tuple(sorted(set(text.split())))


class ScopesField(_TextField):
    """A set of scopes: a sorted tuple of names in Python, the text of RFC 6749 in the database.

    Text, not a table beside it, so that validating a token is one joined SELECT.
    """

    def from_db_value(
        self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> tuple[str, ...]:
        """The stored value as a tuple; empty for a row that a join did not find."""
        return split_scopes(value or "")

    def to_python(self, value: Any) -> tuple[str, ...]:
        """The names as a sorted tuple, from a text or from names."""
        return split_scopes(value if isinstance(value, str) else " ".join(value))

    def get_prep_value(self, value: Any) -> str:
        """The text that is stored."""
        return " ".join(self.to_python(value))

    def value_to_string(self, obj: models.Model) -> str:
        """The text in a fixture."""
        return self.get_prep_value(self.value_from_object(obj))
