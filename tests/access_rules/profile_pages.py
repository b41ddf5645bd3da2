"""The profile site: each person's own things."""

from __future__ import annotations

from tests.access_rules.page import (
    ACT,
    CONFIRMED,
    EVERYBODY_READS,
    FORM,
    LIST,
    NO_PAGE,
    NOTHING_HERE_TO_READ,
    OPEN,
    SHOW,
    SIGN_IN,
    SIGN_IN_TO_READ,
    Page,
    everybody,
    owner,
)

PROFILE_PAGES = {
    "/profile/": EVERYBODY_READS,
    "/profile/choices/application/": EVERYBODY_READS,
    "/profile/security/single-sign-on/": Page(SIGN_IN, NO_PAGE, NO_PAGE, NO_PAGE, CONFIRMED),
    "/profile/security/single-sign-on/disconnect/": Page(SIGN_IN, NO_PAGE, NO_PAGE, NO_PAGE, CONFIRMED),
    "/profile/security/second-factors/": EVERYBODY_READS,
    "/profile/security/second-factors/app/": everybody(FORM, CONFIRMED),
    "/profile/security/second-factors/passkeys/new/": everybody(FORM, CONFIRMED),
    "/profile/security/second-factors/<int:factor_id>/rename/": owner(FORM, CONFIRMED),
    "/profile/security/second-factors/<int:factor_id>/remove/": owner(ACT, CONFIRMED),
    "/profile/security/second-factors/recovery-codes/": Page(SIGN_IN, OPEN, SHOW, OPEN, CONFIRMED),
    "/profile/security/password/": everybody(
        FORM, "takes the password there is; who has none confirms (tests of the password page)"
    ),
    "/profile/edit/": everybody(FORM, "name, language and time zone give no right"),
    "/profile/email/": everybody(FORM, CONFIRMED),
    "/profile/email/confirm/<str:key>/": owner(ACT, CONFIRMED),
    "/profile/me": Page("401 401 405 405 405 405", LIST, LIST, LIST),
    "/profile/devices/": EVERYBODY_READS,
    "/profile/devices/end-others/": everybody(ACT, "only ends"),
    "/profile/devices/<int:device_id>/end/": owner(ACT, "only ends"),
    "/profile/choices/server/": EVERYBODY_READS,
    "/profile/choices/own-application/": EVERYBODY_READS,
    "/profile/security/check-token/": everybody(FORM, "tells people of their own tokens, and changes nothing"),
    "/profile/security/tokens/": EVERYBODY_READS,
    "/profile/security/tokens/counts/": EVERYBODY_READS,
    "/profile/security/tokens/new/": everybody(FORM, CONFIRMED),
    "/profile/security/tokens/revoke-many/": everybody(OPEN, CONFIRMED),
    "/profile/security/tokens/shorten-many/": everybody(OPEN, CONFIRMED),
    "/profile/security/tokens/filters/new/": everybody(OPEN, "what a list is narrowed to gives no right"),
    "/profile/security/tokens/filters/<int:filter_id>/remove/": owner(ACT, "what a list is narrowed to gives no right"),
    "/profile/security/tokens/<uuid:token_id>/": Page(
        SIGN_IN_TO_READ, NOTHING_HERE_TO_READ, LIST, NOTHING_HERE_TO_READ
    ),
    "/profile/security/tokens/<uuid:token_id>/rename/": owner(ACT, "a description gives no right"),
    "/profile/security/tokens/<uuid:token_id>/rotate/": owner(FORM, CONFIRMED),
    "/profile/security/tokens/<uuid:replaced_id>/end/": owner(ACT, "only ends: a leak is stopped at once"),
    "/profile/security/tokens/<uuid:token_id>/revoke/": owner(ACT, "only ends: a leak is stopped at once"),
}
