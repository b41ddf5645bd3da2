"""The words and colours of the AccessTokens policies."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trusted_apps.models import AccessTokensPolicy

POLICY_TEXTS: dict[AccessTokensPolicy, Promise] = {
    AccessTokensPolicy.NONE: _("Reference tokens cannot be issued."),
    AccessTokensPolicy.AUTHENTICATED_USERS: _(
        "Signed-in users may issue personal access tokens. Administrators may also issue service access tokens."
    ),
    AccessTokensPolicy.ADMINISTRATORS_ONLY: _(
        "Only administrators may issue personal access tokens or service access tokens."
    ),
}
POLICY_TONES = {
    AccessTokensPolicy.NONE: "neutral",
    AccessTokensPolicy.AUTHENTICATED_USERS: "ok",
    AccessTokensPolicy.ADMINISTRATORS_ONLY: "accent",
}
