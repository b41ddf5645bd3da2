"""Why a token is not good, in words: at the door where its holder asks, and on its page.

The door says them in English, as protocols do; pages translate them.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from reference_tokens.validation.decision import Inactive

# Who has the value is its holder, or has stolen it from them: either way the truth helps the holder.
WHY = {
    Inactive.MALFORMED: gettext_noop("The token is mistyped: its checksum does not fit."),
    Inactive.UNKNOWN: gettext_noop("There is no such token."),
    Inactive.REVOKED: gettext_noop("The token was revoked."),
    Inactive.SUSPENDED: gettext_noop("The token is suspended."),
    Inactive.EXPIRED: gettext_noop("The token has expired."),
    Inactive.APPLICATION_DISABLED: gettext_noop("The Trusted Application is disabled."),
    Inactive.HOLDER_INACTIVE: gettext_noop("The user whom the token speaks for is not active."),
    Inactive.NO_SCOPES: gettext_noop("The Trusted Application no longer offers any of the token's scopes."),
}
