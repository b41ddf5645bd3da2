"""Every address of the product that people open: what each kind of visitor is answered there."""

from __future__ import annotations

from tests.access_rules.accounts_pages import ACCOUNTS_PAGES
from tests.access_rules.manage_pages import MANAGE_PAGES
from tests.access_rules.page import CONFIRMED
from tests.access_rules.profile_pages import PROFILE_PAGES

EXPECTED = ACCOUNTS_PAGES | PROFILE_PAGES | MANAGE_PAGES
# The only ones that a signed-out visitor is not sent away from, or that send everybody away.
OPEN_TO_ALL = {
    "/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/login/passkey/",
    "/accounts/reauthenticate/",
    "/accounts/second-factor/",
    "/accounts/openid/sign-in/",
    "/accounts/openid/callback/",
    "/accounts/password/reset/",
    "/accounts/password/reset/sent/",
    "/accounts/password/reset/new/",
    "/accounts/password/reset/<str:reset_key>/",
    "/accounts/invitation/",
    "/accounts/invitation/<str:invitation_key>/",
    "/help/",
    "/help/<slug:slug>/",
    "/profile/me",
    "/language/",
    "/theme/",
}
SIGNED_IN_ONLY = sorted(set(EXPECTED) - OPEN_TO_ALL)
CONFIRMED_ONLY = [route for route, page in EXPECTED.items() if page.proof == CONFIRMED]
