"""Signing in and out, and what stands in front of both sites."""

from __future__ import annotations

from tests.access_rules.page import (
    ACT,
    EVERYBODY_READS,
    FORM,
    LIST,
    NO_PAGE,
    OPEN,
    SIGN_IN,
    SIGN_IN_TO_READ,
    Page,
    alike,
    everybody,
)

# The page comes again, with what is wrong.
AGAIN = "200 200 200 405 405 405"

ACCOUNTS_PAGES = {
    "/": alike("302 302 405 405 405 405"),
    "/accounts/login/": Page(AGAIN, OPEN, OPEN, OPEN, "the proof itself"),
    "/accounts/logout/": Page(OPEN, ACT, ACT, ACT, "only ends"),
    "/accounts/reauthenticate/": Page(OPEN, AGAIN, AGAIN, AGAIN, "the proof itself"),
    # The person has a passkey and no authenticator app; the others have neither, and are asked for their password.
    "/accounts/reauthenticate/code/": everybody(OPEN, "the proof itself"),
    "/accounts/reauthenticate/passkey/": Page(SIGN_IN, OPEN, FORM, OPEN, "the proof itself"),
    "/accounts/reauthenticate/factor/": Page(SIGN_IN_TO_READ, LIST, SIGN_IN_TO_READ, LIST),
    "/accounts/login/passkey/": Page(ACT, OPEN, OPEN, OPEN, "the proof itself"),
    # Only between the first factor and the second is it more than a way back.
    "/accounts/second-factor/": alike(OPEN, "the proof itself"),
    "/accounts/second-factor/required/": EVERYBODY_READS,
    # Without a provider in the settings there are no such pages.
    "/accounts/openid/sign-in/": alike(NO_PAGE, "leads to the proof"),
    "/accounts/openid/confirm/": Page(SIGN_IN, NO_PAGE, NO_PAGE, NO_PAGE, "leads to the proof"),
    "/accounts/openid/callback/": alike("404 405 405 405 405 405"),
    # Without a link in the session there is nothing behind it; the link itself leads on, whoever is signed in.
    "/accounts/password/reset/": alike(FORM, "for whoever is signed out: the mailed link is the proof"),
    "/accounts/password/reset/sent/": alike(LIST),
    "/accounts/password/reset/new/": alike(NO_PAGE, "the mailed link is the proof"),
    "/accounts/password/reset/<str:reset_key>/": alike("302 302 405 405 405 405"),
    "/accounts/invitation/": alike(NO_PAGE, "the mailed link is the proof"),
    "/accounts/invitation/<str:invitation_key>/": alike("302 302 405 405 405 405"),
    "/help/": alike(LIST),
    "/help/<slug:slug>/": alike(LIST),
    "/language/": alike("405 405 400 405 405 405", "the language of this browser, and of one's own profile"),
    "/theme/": alike("405 405 400 405 405 405", "light or dark"),
}
