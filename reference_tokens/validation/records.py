"""Tokens that were read as rows, as the decision reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_tokens.validation.decision import Holder, TokenRecord

if TYPE_CHECKING:
    from reference_tokens.models import ReferenceToken

# Of a SAT whose application has no System User.
NOBODY = Holder(None, "", is_active=False)


def record_of(token: ReferenceToken) -> TokenRecord:
    """The token as the decision reads it, for any Resource Server; its application and holder were read with it."""
    application = token.application
    holder = token.holder or application.system_user
    return TokenRecord(
        id=token.pk,
        kind=str(token.kind),
        scopes=token.scopes,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        suspended_at=token.suspended_at,
        first_used_at=token.first_used_at,
        application_uri=application.application_uri,
        application_is_enabled=application.is_enabled,
        application_scopes=application.scopes,
        holder=Holder(holder.pk, holder.username, holder.is_active) if holder else NOBODY,
        is_for_server=True,
        groups=(),
    )
