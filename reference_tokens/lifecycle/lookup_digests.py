"""The second digest of a new token, by which scanners find it (contract 4.7), where `LEAK_LOOKUP` is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from accounts.database.compiled_rows import insert_row
from reference_tokens.models import LookupDigest
from reference_tokens.models.lookup_digests import PREFIX_DIGITS
from reference_tokens.token_values.hashing import plain_digest

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceToken


@sensitive_variables("plaintext", "digest")
def keep_lookup_digest(token: ReferenceToken, plaintext: str) -> None:
    """Store it beside the token, in the transaction that issues the token; nothing while the setting is off."""
    if settings.LEAK_LOOKUP:
        digest = plain_digest(plaintext)
        insert_row(LookupDigest(token=token, prefix=digest[:PREFIX_DIGITS], rest=digest[PREFIX_DIGITS:]))
