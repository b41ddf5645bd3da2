"""What leads to the answers of the help: for each reason that the product gives, the page and its heading.

This is the one place that knows both. Its keys are "group:reason"; the groups with the reasons of an enumeration bear
all of them, and a test walks them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from trusted_apps.policy import Obstacle

if TYPE_CHECKING:
    from django.http import HttpRequest

# Each a page, and the name of a heading of it in English, which all languages share.
ANSWERS = {
    # Obstacle
    "obstacle:application_disabled": "troubleshooting#the-application-is-disabled",
    "obstacle:policy_none": "troubleshooting#the-accesstokens-policy-is-none",
    "obstacle:administrators_only": "troubleshooting#the-accesstokens-policy-is-administratorsonly",
    "obstacle:not_a_person": "troubleshooting#a-system-user-has-no-pats",
    "obstacle:person_inactive": "troubleshooting#the-account-is-not-active",
    "obstacle:not_an_administrator": "troubleshooting#only-administrators-create-service-access-tokens",
    "obstacle:no_system_user": "troubleshooting#there-is-no-system-user",
    "obstacle:system_user_inactive": "troubleshooting#the-system-user-is-not-active",
    # reference_tokens.lifecycle.rotation.Refusal
    "rotation:revoked": "troubleshooting#the-token-has-ended-already",
    "rotation:expired": "troubleshooting#the-token-has-ended-already",
    "rotation:suspended": "troubleshooting#the-token-must-be-resumed-first",
    "rotation:replaced": "troubleshooting#the-token-was-rotated-before",
    "rotation:no_scopes": "troubleshooting#the-application-offers-none-of-its-scopes",
    "rotation:not_by_itself": "troubleshooting#a-token-may-not-rotate-itself",
    "rotation:chain_too_old": "troubleshooting#the-chain-of-rotations-is-too-old",
    # What a check of a token finds, and what doors refused for: VERDICTS and WHY_BESIDES of reference_tokens.validation
    "check:active": "troubleshooting#the-token-is-accepted-but-the-program-is-refused",
    "check:insufficient_scope": "troubleshooting#a-scope-is-missing",
    "check:malformed": "troubleshooting#the-token-is-mistyped",
    "check:unknown": "troubleshooting#there-is-no-such-token",
    "check:other_server": "troubleshooting#the-api-is-not-registered-for-it",
    "check:revoked": "troubleshooting#the-token-was-revoked",
    "check:suspended": "troubleshooting#the-token-is-suspended",
    "check:expired": "troubleshooting#the-token-has-expired",
    "check:application_disabled": "troubleshooting#the-application-of-the-token-is-disabled",
    "check:holder_inactive": "troubleshooting#the-user-behind-the-token-is-not-active",
    "check:no_scopes": "troubleshooting#no-scope-is-left",
    "check:cannot_tell": "troubleshooting#it-cannot-be-told-whether-the-token-exists",
    "check:not_own": "troubleshooting#the-token-is-not-one-of-yours",
    "check:resource_server_disabled": "troubleshooting#the-resource-server-is-disabled",
    "check:wrong_secret": "troubleshooting#the-secret-of-the-resource-server-is-wrong",
    "check:forward_auth_off": "troubleshooting#forward-auth-without-a-resource-server-is-turned-off",
    # The codes of errors of forms.
    "error:too_many_tokens": "troubleshooting#you-have-too-many-tokens",
    "error:used_elsewhere": "troubleshooting#the-form-was-sent-before",
    "error:expiry_refused": "troubleshooting#the-expiration-time-is-refused",
    "error:scope_not_offered": "scopes#which-scopes-there-are",
    "error:secret": "troubleshooting#a-text-is-refused",
    # What pages say.
    "issuing:no_application": "troubleshooting#no-application-lets-you-issue-tokens",
    "issuing:not_listed": "troubleshooting#i-cannot-select-my-app-in-the-pat-dialog",
    "page:policies": "policies#the-three-policies",
    "page:sign_in": "troubleshooting#i-cannot-sign-in",
    "page:too_many_attempts": "troubleshooting#there-were-too-many-attempts",
    "page:for_administrators": "troubleshooting#the-page-is-for-administrators",
    "page:second_factor_required": "troubleshooting#a-second-factor-is-asked-for",
}


def has_help(request: HttpRequest) -> bool:
    """Whether the help is open to the reader, as `HELP_SIGNED_OUT` says."""
    return bool(settings.HELP_SIGNED_OUT or request.user.is_authenticated)


def answer_to(group: str, reason: str) -> str:
    """The key of an answer."""
    return f"{group}:{reason}"


def help_url(group: str, reason: str) -> str:
    """The address of the answer about a reason, such as `help_url("obstacle", obstacle)`."""
    page, _hash, anchor = ANSWERS[answer_to(group, reason)].partition("#")
    return f"{reverse('help_page', args=[page])}#{anchor}"


def help_with_error(code: str | None) -> str:
    """The address of the answer about an error of a form, whose code may be the key of another answer; or nothing."""
    for key in (code or "", answer_to("error", code or "")):
        if key in ANSWERS:
            return help_url(*key.split(":"))
    return ""


def group_of(reason: str) -> str:
    """Where a reason against a rotation stands above: one against issuing is a reason against rotating too."""
    return "obstacle" if isinstance(reason, Obstacle) else "rotation"
