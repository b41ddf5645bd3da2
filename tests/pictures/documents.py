"""The pictures of README and docs/: who looks, where, how high the window is, and what they do there first."""

from __future__ import annotations

from tests.browser.visit import APPLICATIONS, INVENTORY, TOKENS, USERS, Visit
from tests.pictures.states import PAT, Act, on_the_page_of, opened, press, sent, then


def two_chosen(visit: Visit) -> None:
    """The first two of the list ticked: the bar says so."""
    for row in range(2):
        visit.page.locator("input.tick").nth(row).check()
    visit.page.get_by_text("2 chosen", exact=True).wait_for()


LEAVER = on_the_page_of("Ben Miller")
PICTURES: dict[str, tuple[str, str, int, Act | None]] = {
    "profile-tokens": ("alice", TOKENS, 720, None),
    "create-token": ("alice", TOKENS, 720, opened(PAT)),
    # High enough for some of its tokens.
    "instance-manager-app": ("admin", f"{APPLICATIONS}{{excel}}/", 920, None),
    "instance-manager-home": ("admin", "/manage/", 800, None),
    "leaver": ("admin", USERS, 800, LEAVER),
    "revoke-all-tokens": ("admin", USERS, 800, then(LEAVER, press("link", "^Revoke all tokens", "[name=number]"))),
    "unused-tokens": ("admin", f"{INVENTORY}?unused=90", 800, two_chosen),
    # Last: it issues one more token.
    "token-shown-once": ("alice", TOKENS, 800, sent(PAT)),
}


def pictures(excel: str) -> dict[str, tuple[str, str, int, Act | None]]:
    """Every picture, at the addresses of this instance."""
    return {name: (who, path.format(excel=excel), height, act) for name, (who, path, height, act) in PICTURES.items()}
