"""Words and colours of the AccessTokens policies, and the link beside a disabled button."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trusted_apps.models import AccessTokensPolicy
from trusted_apps.policy import Obstacle

POLICY_TEXTS: dict[AccessTokensPolicy, Promise] = {
    AccessTokensPolicy.NONE: _("Reference tokens cannot be issued."),
    AccessTokensPolicy.AUTHENTICATED_USERS: _(
        "Any signed-in user may issue personal access tokens; service access tokens need an administrator."
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
# The link beside a disabled "Create application token" (POL-4) leads to where the condition is changed.
WHERE_TO_CHANGE: dict[Obstacle, Promise] = {
    Obstacle.APPLICATION_DISABLED: _("Enable the application"),
    Obstacle.POLICY_NONE: _("Change the policy"),
    Obstacle.NO_SYSTEM_USER: _("Choose a System User"),
    Obstacle.SYSTEM_USER_INACTIVE: _("Choose another System User"),
}
