"""Why a token is not good, in words: at the door where its holder asks, and on its page.

The door says them in English, as protocols do; pages translate them.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from reference_tokens.validation.decision import Inactive
from reference_tokens.validation.noting import LACKS_SCOPES, CallerRefused

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
# What else a door refuses for; it tells nobody, and only pages say it.
WHY_BESIDES = {
    Inactive.OTHER_SERVER: gettext_noop("The Resource Server is not registered for tokens of the Trusted Application."),
    LACKS_SCOPES: gettext_noop("The token lacks a scope that forward auth requires of it."),
    CallerRefused.WRONG_SECRET: gettext_noop("The secret of the Resource Server was wrong."),
    CallerRefused.SERVER_DISABLED: gettext_noop("The Resource Server is disabled."),
}


def why_in_words(reason: str) -> str:
    """The reason of a refusal as pages say it, in the language of the reader."""
    return _((WHY | WHY_BESIDES)[reason])
