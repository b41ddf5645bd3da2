"""The obstacles to issuing a token for an application (POL-2, POL-4, POL-5), in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from trusted_apps.models import AccessTokensPolicy

if TYPE_CHECKING:
    from accounts.models import User
    from trusted_apps.models import TrustedApplication


class Obstacle(models.TextChoices):
    """A reason why no token may be issued, in a sentence for the person who wanted one."""

    APPLICATION_DISABLED = "application_disabled", _("The application is disabled.")
    POLICY_NONE = "policy_none", _("Its AccessTokens policy is None: no access token can be issued for it.")
    ADMINISTRATORS_ONLY = (
        "administrators_only",
        _("Its AccessTokens policy is AdministratorsOnly: only administrators can issue access tokens for it."),
    )
    NOT_A_PERSON = "not_a_person", _("A System User has no personal access tokens.")
    PERSON_INACTIVE = "person_inactive", _("The user is not active.")
    NOT_AN_ADMINISTRATOR = "not_an_administrator", _("Only administrators can issue service access tokens.")
    NO_SYSTEM_USER = "no_system_user", _("It has no System User for service access tokens to act as.")
    SYSTEM_USER_INACTIVE = "system_user_inactive", _("Its System User is not active.")


def obstacle_to_pat(application: TrustedApplication, user: User) -> Obstacle | None:
    """The reason why `user` may not issue a PAT for the application now; None if they may."""
    if not user.is_person:
        return Obstacle.NOT_A_PERSON
    if not user.is_active:
        return Obstacle.PERSON_INACTIVE
    return _obstacle_of_application(application, is_administrator=user.is_administrator)


def obstacle_to_sat(application: TrustedApplication, issuer: User | None) -> Obstacle | None:
    """The reason why `issuer` (None: the operator at the command line) may not issue a SAT now; None if they may."""
    if issuer and not issuer.is_active:
        return Obstacle.PERSON_INACTIVE
    if issuer and not issuer.is_administrator:
        return Obstacle.NOT_AN_ADMINISTRATOR
    if obstacle := _obstacle_of_application(application, is_administrator=True):
        return obstacle
    if application.system_user is None:
        return Obstacle.NO_SYSTEM_USER
    if not application.system_user.is_active:
        return Obstacle.SYSTEM_USER_INACTIVE
    return None


def _obstacle_of_application(application: TrustedApplication, *, is_administrator: bool) -> Obstacle | None:
    if not application.is_enabled:
        return Obstacle.APPLICATION_DISABLED
    if application.access_tokens_policy in AccessTokensPolicy.open_to(is_administrator=is_administrator):
        return None
    if application.access_tokens_policy == AccessTokensPolicy.ADMINISTRATORS_ONLY:
        return Obstacle.ADMINISTRATORS_ONLY
    return Obstacle.POLICY_NONE
