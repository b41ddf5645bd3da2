"""The pages and states that are pictured, and what a person does to reach each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.browser.visit import APPLICATIONS, INVENTORY, TOKENS, USERS, Visit
from tests.pictures.checks import CHECKS
from tests.pictures.filters import FILTERS
from tests.pictures.log import LOG_STATES
from tests.pictures.webhooks import WEBHOOKS
from tests.service import PASSWORD

FACTORS = "/profile/security/second-factors/"

Act = Callable[[Visit], None]


def opened(label: str) -> Act:
    """The form that issues a token, open in its dialog."""

    def act(visit: Visit) -> None:
        visit.open_form(label)
        visit.choose_application("Excel add-in")
        visit.box.get_by_role("button", name="Generate token").wait_for()

    return act


def sent(label: str, *, wrong: bool = False) -> Act:
    """The form sent: the token shown once, or what is wrong with it."""

    def act(visit: Visit) -> None:
        opened(label)(visit)
        visit.box.get_by_label("Description").fill("Weekly import")
        if wrong:
            visit.choose("Custom")
            visit.box.get_by_label("read").uncheck()
        visit.box.get_by_role("button", name="Generate token").click()
        visit.box.locator("[data-error-summary]" if wrong else "[data-secret]").wait_for()

    return act


def then(*acts: Act) -> Act:
    """One after the other."""

    def act(visit: Visit) -> None:
        for one in acts:
            one(visit)

    return act


def press(role: Any, name: str, seen: str = "") -> Act:
    """Press what is called so, and wait for what is then seen."""

    def act(visit: Visit) -> None:
        visit.page.get_by_role(role, name=re.compile(name)).first.click()
        if seen:
            visit.page.locator(seen).first.wait_for()

    return act


def key(name: str) -> Act:
    """Press a key."""
    return lambda visit: visit.page.keyboard.press(name)


def offline(visit: Visit) -> None:
    """A form sent over a lost connection."""
    opened(PAT)(visit)
    visit.context.set_offline(True)
    press("button", "Generate token", ".dialog-status.bad")(visit)
    visit.context.set_offline(False)


def rotate_page(visit: Visit) -> None:
    """The question of a rotation on a page of its own."""
    visit.page.goto(visit.page.get_by_role("link", name="Rotate Laptop").get_attribute("href") or "")


def on_the_page_of(name: str) -> Act:
    """The page of a user, from the list."""

    def act(visit: Visit) -> None:
        visit.page.get_by_role("link", name=name, exact=True).click()
        visit.page.get_by_role("heading", name=name, exact=True).wait_for()

    return act


def menu(visit: Visit) -> None:
    """What hides behind a button on narrow windows, or the person's menu on wide ones."""
    narrow = visit.page.locator(".menu-button")
    (narrow if narrow.is_visible() else visit.page.locator(".user-button")).click()


def opened_numbers(visit: Visit) -> None:
    """The table behind the chart."""
    visit.page.get_by_text("Show the numbers").click()


def tightened(visit: Visit) -> None:
    """Tighter rules, saved once."""
    visit.choose("AdministratorsOnly")
    visit.page.get_by_label("update: ").uncheck()
    visit.page.get_by_label("Maximum lifetime in days").fill("30")
    visit.page.get_by_role("radio", name="No System User").check()
    press("button", "Save changes", ".note.warn")(visit)


def newest_chosen(visit: Visit) -> None:
    """The newest token of a chain ticked, and asked about: its old value keeps working."""
    visit.row("Weekly report").filter(has_not_text="Being replaced").locator("input.tick").check()
    press("button", "^Revoke chosen", "[name=number]")(visit)


def asked_for_second(visit: Visit) -> None:
    """The password was right."""
    visit.page.get_by_label("User name or e-mail address").fill("ben")
    visit.page.get_by_label("Password").fill(PASSWORD)
    press("button", "^Sign in$", "input[name=code]")(visit)


PAT, SAT = "Create user access token", "Create application token"


APPLICATION = f"{APPLICATIONS}{{excel}}/"
# Each page and state: who looks, where, and what they do there; what varies is named in braces.
STATES: dict[str, tuple[str, str, Act | None]] = {
    "tokens": ("alice", TOKENS, None),
    "tokens-exact-time": ("alice", TOKENS, press("button", "exact time", ".exact:popover-open")),
    "tokens-ended": ("alice", f"{TOKENS}?state=ended", None),
    "token": ("alice", f"{TOKENS}{{nightly}}/", None),
    "token-90-days": ("alice", f"{TOKENS}{{nightly}}/?days=90", opened_numbers),
    "token-never-used": ("alice", f"{TOKENS}{{hall}}/", None),
    "token-one-day": ("alice", f"{TOKENS}{{burst}}/", None),
    "token-replaced": ("alice", f"{TOKENS}{{report}}/", None),
    "token-ended": ("alice", f"{TOKENS}{{lost}}/", None),
    "manage-token": ("admin", "/manage/security/tokens/{nightly}/", None),
    "manage-token-suspended": ("admin", "/manage/security/tokens/{suspended}/", None),
    "manage-token-suspend": (
        "admin",
        "/manage/security/tokens/{nightly}/",
        press("link", "^Suspend", "dialog[open] form"),
    ),
    "tokens-empty": ("zoe", TOKENS, None),
    "tokens-none-ended": ("zoe", f"{TOKENS}?state=ended", None),
    "menu": ("alice", TOKENS, menu),
    "theme": ("alice", TOKENS, press("button", "Colour theme", "#theme-menu:popover-open")),
    "new": ("zoe", TOKENS, opened(PAT)),
    "new-wrong": ("zoe", TOKENS, sent(PAT, wrong=True)),
    "new-lost": ("zoe", TOKENS, offline),
    "new-page": ("zoe", f"{TOKENS}new/", None),
    "new-linked": (
        "alice",
        f"{TOKENS}new/?application=com.example/excel&scopes=read,admin&description=Laptop&expires=2027-01-31T12:00",
        None,
    ),
    "shown-once": ("zoe", TOKENS, sent(PAT)),
    "shown-once-copied": ("zoe", TOKENS, then(sent(PAT), press("button", "Copy token", ".dialog-status.ok"))),
    "shown-once-esc": ("zoe", TOKENS, then(sent(PAT), key("Escape"))),
    "stored": ("zoe", TOKENS, then(sent(PAT), press("button", "Copy token"), press("link", "I have stored it"))),
    "revoke": ("alice", TOKENS, press("link", "^Revoke Nightly", "dialog[open] form")),
    "revoke-newest": ("alice", TOKENS, press("link", "^Revoke Weekly", "dialog[open] form")),
    "rotate": ("alice", TOKENS, press("link", "^Rotate Laptop", "dialog[open] form")),
    "rotate-page": ("alice", TOKENS, rotate_page),
    "rotated": (
        "zoe",
        TOKENS,
        then(press("link", "^Rotate ", "dialog[open] form"), press("button", "^Rotate token", "[data-secret]")),
    ),
    "end-now": ("alice", TOKENS, press("link", "^End now", "dialog[open] form")),
    "revoked": (
        "zoe",
        TOKENS,
        then(press("link", "^Revoke ", "dialog[open] form"), press("button", "^Revoke token", ".toast")),
    ),
    "personal-info": ("alice", "/profile/", None),
    "factors-none": ("zoe", FACTORS, None),
    "factors": ("ben", FACTORS, None),
    "factors-remove": ("ben", FACTORS, press("link", "^Remove Laptop", "dialog[open] form")),
    "factors-app": ("zoe", f"{FACTORS}app/", None),
    "factors-app-wrong": ("zoe", f"{FACTORS}app/", press("button", "^Set up app", "[data-error-summary]")),
    "factors-passkey": ("zoe", f"{FACTORS}passkeys/new/", None),
    "factors-rename": ("ben", FACTORS, press("link", "^Rename Laptop", "input[name=name]")),
    "factors-codes": ("ben", f"{FACTORS}recovery-codes/", None),
    "factors-codes-shown": ("ben", f"{FACTORS}recovery-codes/", press("button", "Generate", "[data-codes]")),
    "confirm-code": ("ben", "/accounts/reauthenticate/code/", None),
    "confirm-passkey": ("ben", "/accounts/reauthenticate/passkey/", None),
    "sign-in-second": ("", "/accounts/login/", asked_for_second),
    "second-required": ("zoe", "/accounts/second-factor/required/?next=/manage/", None),
    "second-required-show": ("ben", "/accounts/second-factor/required/?next=/manage/", None),
    "personal-info-edit": ("alice", "/profile/edit/", None),
    "email-change": ("alice", "/profile/email/", None),
    "devices": ("alice", "/profile/devices/", None),
    "forbidden": ("alice", "/manage/", None),
    "not-found": ("alice", "/profile/nothing/", None),
    "manage": ("admin", "/manage/", None),
    "waiting-mails": ("admin", "/manage/waiting-mails/", None),
    "apps": ("admin", APPLICATIONS, None),
    "apps-no-owner": ("admin", f"{APPLICATIONS}?state=no-owner", None),
    "apps-filtered": ("admin", f"{APPLICATIONS}?q=nothing", None),
    "app": ("admin", APPLICATION, None),
    "app-ended": ("admin", f"{APPLICATION}?state=ended", None),
    "app-badge": ("admin", APPLICATION, press("button", "Suspended", ".exact:popover-open")),
    "app-none": ("admin", f"{APPLICATIONS}{{archive}}/", None),
    "app-disabled": ("admin", f"{APPLICATIONS}{{legacy}}/", None),
    "app-new-token": ("admin", APPLICATION, opened(SAT)),
    "app-shown-once": ("admin", APPLICATION, sent(SAT)),
    "app-revoke": ("admin", APPLICATION, press("link", "^Revoke Backup", "dialog[open] form")),
    "app-register": ("admin", f"{APPLICATIONS}new/", None),
    "app-register-wrong": (
        "admin",
        f"{APPLICATIONS}new/",
        press("button", "Register application", "[data-error-summary]"),
    ),
    "app-edit": ("admin", f"{APPLICATION}edit/", None),
    "app-edit-tightened": ("admin", f"{APPLICATION}edit/", tightened),
    "inventory": ("admin", INVENTORY, None),
    "inventory-filters": ("admin", f"{INVENTORY}?kind=PAT&q=report", None),
    "inventory-none": ("admin", f"{INVENTORY}?q=nothing", None),
    "inventory-ended": ("admin", f"{INVENTORY}?state=ended", None),
    "inventory-second-page": ("admin", INVENTORY, press("link", "^Older$", "a[rel=prev]")),
    "inventory-revoke-many": ("admin", f"{INVENTORY}revoke-many/?matching=1&kind=PAT", None),
    "revoke-tokens": ("admin", "/manage/security/revoke/", None),
    "inventory-shorten-many": ("admin", f"{INVENTORY}shorten-many/?matching=1", None),
    "tokens-revoke-many": ("alice", f"{TOKENS}revoke-many/?matching=1", None),
    "inventory-revoke-many-newest": ("admin", f"{INVENTORY}?q=Weekly&kind=PAT", newest_chosen),
    "inventory-suspend-many-wrong": (
        "admin",
        f"{INVENTORY}suspend-many/?matching=1",
        press("button", "^Suspend", "[data-error-summary]"),
    ),
    **CHECKS,
    **FILTERS,
    **LOG_STATES,
    **WEBHOOKS,
    "users": ("admin", USERS, None),
    "users-none": ("admin", f"{USERS}?q=nothing&kind=person", None),
    "users-administrators": ("admin", f"{USERS}?kind=administrator", None),
    "user": ("admin", USERS, on_the_page_of("Alice Example")),
    "user-self": ("admin", USERS, on_the_page_of("Ada Admin")),
    "user-system": ("admin", USERS, on_the_page_of("Stock service")),
    "user-invited": ("admin", USERS, on_the_page_of("tom")),
    "user-inactive": ("admin", USERS, on_the_page_of("Gina Roth")),
    "user-hand-over": (
        "admin",
        USERS,
        then(on_the_page_of("Alice Example"), press("link", "^Hand over", "table")),
    ),
    "user-deactivate": (
        "admin",
        USERS,
        then(on_the_page_of("Alice Example"), press("link", "^Deactivate$", "dialog[open] form")),
    ),
    "user-delete": (
        "admin",
        USERS,
        then(on_the_page_of("Alice Example"), press("link", "^Delete user$", "dialog[open] form")),
    ),
    "user-edit": ("admin", USERS, then(on_the_page_of("Alice Example"), press("link", "^Edit user$", "form.card"))),
    "user-invite": ("admin", f"{USERS}invite/", None),
    "user-invite-wrong": ("admin", f"{USERS}invite/", press("button", "^Send the inv", "[data-error-summary]")),
    "groups": ("admin", "/manage/security/groups/", None),
    "group": ("admin", "/manage/security/groups/", press("link", "^Data$", "#id_members")),
    "servers": ("admin", "/manage/security/resource-servers/", None),
    "server": ("admin", "/manage/security/resource-servers/", press("link", "^Example API$", "#refusals-title")),
    "servers-silent": ("admin", "/manage/security/resource-servers/?state=silent", None),
    "confirm": ("alice", "/accounts/reauthenticate/", None),
    "sign-out": ("alice", "/accounts/logout/", None),
    "password": ("alice", "/profile/security/password/", None),
    "password-wrong": (
        "alice",
        "/profile/security/password/",
        press("button", "^Change password", "[data-error-summary]"),
    ),
    "password-forgotten": ("", "/accounts/password/reset/", None),
    "password-mailed": ("", "/accounts/password/reset/sent/", None),
    "password-reset": ("", "/accounts/password/reset/pictured/", None),
    "password-dead-link": ("", "/accounts/password/reset/dead/", None),
    "invitation": ("", "/accounts/invitation/pictured/", press("button", "^Show")),
    "invitation-dead-link": ("", "/accounts/invitation/dead/", None),
    "sign-in": ("", "/accounts/login/", None),
    "sign-in-wrong": ("", "/accounts/login/", press("button", "^Sign in", "[data-error-summary]")),
}


def states(excel: str, archive: str, legacy: str, *tokens: str) -> dict[str, tuple[str, str, Act | None]]:
    """Every page and state, at the addresses of this instance."""
    names = ("nightly", "hall", "burst", "lost", "suspended", "report")
    ids = {"excel": excel, "archive": archive, "legacy": legacy, **dict(zip(names, tokens, strict=True))}
    return {name: (username, path.format(**ids), act) for name, (username, path, act) in STATES.items()}
