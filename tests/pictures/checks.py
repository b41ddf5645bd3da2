"""The states of the page that checks a token, as pictured."""

from __future__ import annotations

from collections.abc import Callable

from reference_tokens.token_values.token_format import PREFIX, checksum
from tests.browser.visit import Visit

CHECK, OWN_CHECK = "/manage/security/check-token/", "/profile/security/check-token/"
# Well-formed, and of no instance.
NO_TOKEN = f"{PREFIX}{'0' * 56}{checksum(PREFIX + '0' * 56)}"


def checked(value: str = "") -> Callable[[Visit], None]:
    """A check, of this value or of the token that the address names."""

    def act(visit: Visit) -> None:
        if value:
            visit.page.get_by_label("Token", exact=True).fill(value)
        visit.page.get_by_role("button", name="Check token").click()
        visit.page.locator(".note h2").wait_for()

    return act


CHECKS: dict[str, tuple[str, str, Callable[[Visit], None] | None]] = {
    "check": ("admin", CHECK, None),
    "check-mistyped": ("admin", CHECK, checked("Bearer enrt_1d41\n7960")),
    "check-unknown": ("admin", CHECK, checked(NO_TOKEN)),
    "check-revoked": ("admin", f"{CHECK}?token={{lost}}", checked()),
    "check-suspended": ("admin", f"{CHECK}?token={{suspended}}", checked()),
    "check-active": ("admin", f"{CHECK}?token={{nightly}}", checked()),
    "check-own": ("alice", OWN_CHECK, None),
    "check-own-unknown": ("alice", OWN_CHECK, checked(NO_TOKEN)),
    "check-own-replaced": ("alice", f"{OWN_CHECK}?token={{report}}", checked()),
}
