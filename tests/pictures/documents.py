"""The pictures of README and docs/: who looks, where, how high the window is, and what they do there first."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.visit import APPLICATIONS, INVENTORY, TOKENS, USERS, Visit
from tests.command_line import BASE_DIR
from tests.pictures.states import PAT, Act, on_the_page_of, opened, press, sent, then

IMAGES = BASE_DIR / "docs" / "images"
SCHEMES = ("light", "dark")
# Where many words are seen, every language of the product.
EVERY_LANGUAGE = ("en", "de", "bg")


@dataclass(frozen=True)
class Picture:
    """One page in one state. `made_of` are the templates, and the code that writes markup, which are not included
    or extended by another of them."""

    username: str
    path: str
    height: int
    made_of: tuple[str, ...]
    act: Act | None = None
    languages: tuple[str, ...] = ("en",)


def file_of(name: str, language: str = "en", scheme: str = "light") -> str:
    """Where a picture lies below docs/images: NAME.png, NAME.dark.png, de/NAME.png, …"""
    folder = "" if language == "en" else f"{language}/"
    return f"{folder}{name}{'.dark' if scheme == 'dark' else ''}.png"


def files_of(name: str) -> list[str]:
    """All files of a picture: each language, light and dark."""
    return [file_of(name, language, scheme) for language in PICTURES[name].languages for scheme in SCHEMES]


def two_chosen(visit: Visit) -> None:
    """The first two of the list ticked: the bar says so."""
    for row in range(2):
        visit.page.locator("input.tick").nth(row).check()
    visit.page.get_by_text("2 chosen", exact=True).wait_for()


LEAVER = on_the_page_of("Ben Miller")
ROWS = "reference_tokens/lists/table/cells.py"
OWN_LIST, FORM = ("templates/profile_site/token_list.html", ROWS), "templates/partials/token_form.html"
PICTURES = {
    "profile-tokens": Picture("alice", TOKENS, 720, OWN_LIST, languages=EVERY_LANGUAGE),
    "create-token": Picture("alice", TOKENS, 720, (*OWN_LIST, FORM), opened(PAT)),
    # High enough for some of its tokens.
    "instance-manager-app": Picture(
        "admin", f"{APPLICATIONS}{{excel}}/", 920, ("templates/instance_manager/application_detail.html", ROWS)
    ),
    # High enough for the validations of each day.
    "instance-manager-home": Picture(
        "admin", "/manage/", 940, ("templates/instance_manager/home.html",), languages=EVERY_LANGUAGE
    ),
    "leaver": Picture("admin", USERS, 800, ("templates/instance_manager/user_detail.html", ROWS), LEAVER),
    "revoke-all-tokens": Picture(
        "admin",
        USERS,
        800,
        ("templates/token_many.html",),
        then(LEAVER, press("link", "^Revoke all tokens", "[name=number]")),
    ),
    "unused-tokens": Picture(
        "admin", f"{INVENTORY}?unused=90", 800, ("templates/instance_manager/inventory.html", ROWS), two_chosen
    ),
    # Last: it issues one more token.
    "token-shown-once": Picture(
        "alice", TOKENS, 800, (*OWN_LIST, "templates/partials/token_shown_once.html"), sent(PAT)
    ),
}
