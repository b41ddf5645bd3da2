"""Why a token is not good, in words: at the door where its holder asks, and on its page.

The door says them in English, as protocols do; pages translate them.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from reference_tokens.models import Door
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


# What the same means at the door that opens to one application, and asks of each call for a scope.
WHY_AT_MANAGEMENT_API = {
    Inactive.OTHER_SERVER: gettext_noop("The token is for another Trusted Application than the management API."),
    LACKS_SCOPES: gettext_noop("The call needs a scope that the token lacks, or that holds for administrators alone."),
}


def why_in_words(reason: str, door: str = "") -> str:
    """The reason of a refusal, at this door, as pages say it, in the language of the reader."""
    at_door = WHY_AT_MANAGEMENT_API if door == Door.MANAGEMENT_API else {}
    return _((WHY | WHY_BESIDES | at_door)[reason])
