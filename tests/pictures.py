"""`python -m tests.pictures`: the README's pictures, taken from the running product.

With a folder as its argument it also lays a picture of every page and state there, light and dark, wide and narrow,
to be looked at before a page is called done.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests import programs
from tests.browser.visit import APPLICATIONS, ARGUMENTS, INVENTORY, TOKENS, USERS, Visit
from tests.command_line import BASE_DIR
from tests.service import PASSWORD, Service, running

IMAGES = BASE_DIR / "docs" / "images"
LARGEST_IMAGE = 150_000
FACTORS = "/profile/security/second-factors/"

# An instance as it looks after some months: the example of `quickstart`, and what a company would add.
LIVED_IN = """
import datetime
from django.utils import timezone
from accounts.audit.record import OPERATOR, Actor, Source
from accounts.mailed_links.invitations import invite_person
from accounts.mailed_links.links import link_digest
from accounts.models import Invitation, PasswordReset, User
from accounts.people.creation import create_user
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat, issue_sat
from reference_tokens.lifecycle.offboarding import deactivate_with_tokens, delete_with_tokens
from reference_tokens.models import DailyUse, ReferenceToken, ResourceServer, TokenSource
from reference_tokens.lifecycle.revocation import revoke_token
from reference_tokens.lifecycle.rotation import rotate_token
from trusted_apps.models import Scope, TrustedApplication
from trusted_apps.registration import create_application

now = timezone.now()
def ago(**amount): return now - datetime.timedelta(**amount)
def user(username, name, **more): return create_user(actor=OPERATOR, now=now, username=username, name=name, **more)

ada, robot = User.objects.get(username="admin"), User.objects.get(username="robot")
alice = User.objects.get(username="alice")
alice.email = "alice@example.com"; alice.time_zone = "Pacific/Auckland"; alice.set_password({password!r}); alice.save()
alice.groups.create(name="Logistics"); alice.groups.create(name="Data")
ada.set_password({password!r}); ada.save()
ben = user("ben", "Ben Miller", password={password!r})
user("zoe", "Zoe Lang", password={password!r})
carol = user("carol", "Carol Quist", email="carol@example.com")
Invitation.objects.create(user=carol, digest=link_digest("pictured"), invited_at=now)
PasswordReset.objects.create(user=carol, email=carol.email, digest=link_digest("pictured"), asked_at=now)
stock = user("svc-stock", "Stock service", is_system=True)
Scope.objects.create(name="export", description="Download data in bulk.")
excel = TrustedApplication.objects.get(application_uri="com.example/excel")
scheduler = TrustedApplication.objects.get(application_uri="com.example/scheduler")
TrustedApplication.objects.filter(pk=excel.pk).update(system_user=stock, scopes=["export", "read", "update"],
    description="Reads and writes the workbooks of finance and logistics.")
excel.refresh_from_db(); excel.owners.add(ben)
api = ResourceServer.objects.get()

def token(name, application, holder=None, scopes=("read",), days=90, issued=30, used=None, address="10.1.2.3"):
    token_request = TokenRequest(scopes=scopes, expires_at=now + datetime.timedelta(days=300), description=name)
    issue = dict(actor=OPERATOR, application=application, token_request=token_request, now=now)
    made = (issue_pat(user=holder, **issue) if holder else issue_sat(**issue)).token
    ReferenceToken.objects.filter(pk=made.pk).update(
        issued_at=ago(days=issued), expires_at=now + datetime.timedelta(days=days), last_used_at=used,
        last_used_server=api if used and not address else None, last_used_address=address if used else None)
    if used:
        work(made, (now - used).days, issued)
    return made

def work(token, latest, earliest):
    rhythm = (len(token.description) + 3) * 37
    DailyUse.objects.bulk_create(
        DailyUse(token=token, day=ago(days=back).date(),
            accepted=(rhythm * (back + 7) ** 2) % 211 * (ago(days=back).weekday() < 5),
            refused=(rhythm * back) % 31 % 7 if back % 11 == 3 else 0)
        for back in range(latest, earliest))

nightly = token("Nightly stock export", excel, alice, ("export", "read"), 24, 66, ago(minutes=12))
token("Laptop", excel, alice, ("read", "update"), 358, 7, ago(hours=3), "")
token("Quarter report, until the new warehouse is connected", excel, alice, ("read",), 5, 85, ago(days=1), "192.0.2.17")
hall = token("Dashboard in the hall", excel, alice, ("read",), 61, 4)
token("", excel, alice, ("read",), 88, 2, ago(days=2), "")
token("Import of orders", excel, None, ("read", "update"), 212, 153, ago(minutes=1), "")
token("Price list for the shops", excel, ben, ("export", "read"), 40, 50, ago(hours=8), "10.1.7.40")
token("Backup", excel, None, ("export",), 3, 87, ago(days=4), "10.1.2.9")
suspended = token("Contractor", excel, ben, ("read",), 20, 40, ago(days=12), "203.0.113.8")
ReferenceToken.objects.filter(pk=suspended.pk).update(suspended_at=ago(days=10))
token("Old laptop", excel, alice, ("read",), -20, 110, ago(days=31))
lost = token("Trial in a notebook", excel, alice, ("read",), 30, 60, ago(days=3), "198.51.100.4")
by_ada = Actor.person(ada, Source.MANAGE)
revoke_token(actor=by_ada, token_id=lost.pk, now=ago(days=2), reason="It was found in a public repository")
report = token("Weekly report", excel, alice, ("read",), 200, 165, ago(days=2), "10.1.2.3")
rotate_token(actor=OPERATOR, token_id=report.pk, overlap=datetime.timedelta(days=7), now=ago(days=3))
token("Maintenance window", scheduler, ada, ("read", "update"), 14, 16, ago(days=6))
burst = token("Migration, done in a day", excel, alice, ("read",), 10, 80, ago(days=9))
burst.daily_uses.all().delete()
DailyUse.objects.create(token=burst, day=ago(days=9).date(), accepted=1_204_377, refused=3)
for number in range(5):
    at = ago(minutes=12, days=number * 3)
    TokenSource.objects.create(token=nightly, name="10.1.2." + str(3 + number), last_used_at=at)
till, clerks = create_application(actor=OPERATOR, now=now, application_uri="com.example/till", name="Tills",
    access_tokens_policy="AuthenticatedUsers", scopes=["read", "update"], system_user=robot), (ben, ada)
for number in range(1, 49):
    token(f"Till {{number}}" if number % 6 else "", till, clerks[number % 2] if number % 4 else None,
        ("read", "update")[: 1 + number % 2], 9 + number * 4, 100 + number,
        ago(hours=number * 7) if number % 5 else None)
invite_person(actor=by_ada, username="mira", email="mira@example.com", name="Mira Sand", now=ago(days=2))
invite_person(actor=by_ada, username="tom", email="tom@example.com", now=ago(days=9), is_administrator=True)
deactivate_with_tokens(actor=by_ada, user=user("gina", "Gina Roth", email="gina@example.com"), now=ago(days=1))
delete_with_tokens(actor=by_ada, user=user("hugo", "Hugo Lenz"), now=ago(days=1))
stock.groups.set(alice.groups.filter(name="Data"))
print(excel.pk)
print(TrustedApplication.objects.get(application_uri="com.example/archive").pk)
print(TrustedApplication.objects.get(application_uri="com.example/legacy").pk)
for each in (nightly, hall, burst, lost, suspended, report):
    print(each.pk)
"""

# Ben's second factors, as new; prints a recovery code.
FACTORS_OF_BEN = """
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from accounts.second_factors.factors import remove_all
from tests.second_factors import app_of, passkey_of

ben = User.objects.get(username="ben")
remove_all(actor=OPERATOR, user=ben, now=timezone.now())
_app, codes = app_of(ben)
for name, traits in (("Laptop", {}), ("Blue key on the key ring", {"is_discoverable": False})):
    passkey_of(ben, name=name, **traits)
print(codes[0])
"""

Act = Callable[[Visit], None]


def opened(label: str) -> Act:
    """The form that issues a token, open in its dialog."""

    def act(visit: Visit) -> None:
        visit.open_form(label)
        visit.box.get_by_role("button", name="Generate token").wait_for()

    return act


def sent(label: str, *, wrong: bool = False) -> Act:
    """The form sent: the token shown once, or what is wrong with it."""

    def act(visit: Visit) -> None:
        opened(label)(visit)
        visit.box.get_by_label("Description").fill("Weekly import")
        if not wrong and visit.box.get_by_label("Trusted Application").count():
            visit.box.get_by_label("Trusted Application").select_option(label="Excel add-in")
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
    """The newest token of a chain ticked, and asked about: its old value works on."""
    visit.row("Weekly report").filter(has_not_text="Being replaced").locator("input.tick").check()
    press("button", "^Revoke chosen", "[name=number]")(visit)


def asked_for_second(visit: Visit) -> None:
    """The password was right."""
    visit.page.get_by_label("User name or e-mail address").fill("ben")
    visit.page.get_by_label("Password").fill(PASSWORD)
    press("button", "^Sign in$", "input[name=code]")(visit)


PAT, SAT = "Create user access token", "Create application token"


def states(excel: str, archive: str, legacy: str, *tokens: str) -> dict[str, tuple[str, str, Act | None]]:
    """Every page and state: who looks, where, and what they do there."""
    app = f"{APPLICATIONS}{excel}/"
    nightly, hall, burst, lost, suspended, report = tokens
    return {
        "tokens": ("alice", TOKENS, None),
        "tokens-exact-time": ("alice", TOKENS, press("button", "exact time", ".exact:popover-open")),
        "tokens-ended": ("alice", f"{TOKENS}?state=ended", None),
        "token": ("alice", f"{TOKENS}{nightly}/", None),
        "token-90-days": ("alice", f"{TOKENS}{nightly}/?days=90", opened_numbers),
        "token-never-used": ("alice", f"{TOKENS}{hall}/", None),
        "token-one-day": ("alice", f"{TOKENS}{burst}/", None),
        "token-replaced": ("alice", f"{TOKENS}{report}/", None),
        "token-ended": ("alice", f"{TOKENS}{lost}/", None),
        "manage-token": ("admin", f"/manage/security/tokens/{nightly}/", None),
        "manage-token-suspended": ("admin", f"/manage/security/tokens/{suspended}/", None),
        "manage-token-suspend": (
            "admin",
            f"/manage/security/tokens/{nightly}/",
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
        "apps": ("admin", APPLICATIONS, None),
        "apps-filtered": ("admin", f"{APPLICATIONS}?q=nothing", None),
        "app": ("admin", app, None),
        "app-ended": ("admin", f"{app}?state=ended", None),
        "app-badge": ("admin", app, press("button", "Suspended", ".exact:popover-open")),
        "app-none": ("admin", f"{APPLICATIONS}{archive}/", None),
        "app-disabled": ("admin", f"{APPLICATIONS}{legacy}/", None),
        "app-new-token": ("admin", app, opened(SAT)),
        "app-shown-once": ("admin", app, sent(SAT)),
        "app-revoke": ("admin", app, press("link", "^Revoke Backup", "dialog[open] form")),
        "app-register": ("admin", f"{APPLICATIONS}new/", None),
        "app-register-wrong": (
            "admin",
            f"{APPLICATIONS}new/",
            press("button", "Register application", "[data-error-summary]"),
        ),
        "app-edit": ("admin", f"{app}edit/", None),
        "app-edit-tightened": ("admin", f"{app}edit/", tightened),
        "inventory": ("admin", INVENTORY, None),
        "inventory-filters": ("admin", f"{INVENTORY}?kind=PAT&q=report", None),
        "inventory-none": ("admin", f"{INVENTORY}?q=nothing", None),
        "inventory-ended": ("admin", f"{INVENTORY}?state=ended", None),
        "inventory-second-page": ("admin", INVENTORY, press("link", "^Older$", "a[rel=prev]")),
        "inventory-revoke-many": ("admin", f"{INVENTORY}revoke-many/?matching=1&kind=PAT", None),
        "inventory-revoke-many-newest": ("admin", f"{INVENTORY}?q=Weekly&kind=PAT", newest_chosen),
        "inventory-suspend-many-wrong": (
            "admin",
            f"{INVENTORY}suspend-many/?matching=1",
            press("button", "^Suspend", "[data-error-summary]"),
        ),
        "find": ("admin", f"{INVENTORY}find/", None),
        "users": ("admin", USERS, None),
        "users-none": ("admin", f"{USERS}?q=nothing&kind=person", None),
        "users-administrators": ("admin", f"{USERS}?kind=administrator", None),
        "user": ("admin", USERS, on_the_page_of("Alice Example")),
        "user-self": ("admin", USERS, on_the_page_of("Ada Admin")),
        "user-system": ("admin", USERS, on_the_page_of("Stock service")),
        "user-invited": ("admin", USERS, on_the_page_of("tom")),
        "user-inactive": ("admin", USERS, on_the_page_of("Gina Roth")),
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
        "group": ("admin", "/manage/security/groups/", press("link", "^Data$", "[name=member]")),
        "servers": ("admin", "/manage/security/resource-servers/", None),
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


def take(page: Page, path: Path, *, whole: bool = True) -> None:
    """A picture of the page, or of the window where a dialog, a menu or the focus matters."""
    page.wait_for_timeout(100)
    open_parts = page.locator("dialog[open], [popover]:popover-open:not(.exact), [name=impact_seen]")
    page.screenshot(path=path, full_page=whole and not open_parts.count())


@contextmanager
def signed_in(browser: Browser, service: Service, username: str, **options: Any) -> Iterator[Visit]:
    """A visit of somebody, or of nobody, ended after the block."""
    visit = Visit(browser, service, **options)
    if username:
        code = service.shell(FACTORS_OF_BEN) if username == "ben" else ""
        visit.sign_in(username, PASSWORD, to="/profile/", code=code)
    try:
        yield visit
    finally:
        visit.close()


def readme_pictures(browser: Browser, service: Service, excel: str) -> None:
    """One of each site."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, username, path, height in (
        ("profile-tokens", "alice", TOKENS, 800),
        # High enough for some of its tokens.
        ("instance-manager-app", "admin", f"{APPLICATIONS}{excel}/", 1040),
    ):
        with signed_in(browser, service, username, color_scheme="light") as visit:
            visit.page.set_viewport_size({"width": visit.width, "height": height})
            visit.page.goto(path)
            image = IMAGES / f"{name}.png"
            take(visit.page, image, whole=False)
            size = image.stat().st_size
            print(image.relative_to(BASE_DIR), size)
            assert size < LARGEST_IMAGE


def contact_set(browser: Browser, service: Service, folder: Path, ids: list[str], only: list[str]) -> None:
    """Every page and state, light and dark, wide and narrow."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name: state for name, state in states(*ids).items() if not only or name in only}
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            for username in sorted({state[0] for state in wanted.values()}):
                with signed_in(browser, service, username, width=width, color_scheme=scheme) as visit:
                    for name in (name for name, state in wanted.items() if state[0] == username):
                        visit.page.goto(wanted[name][1])
                        if act := wanted[name][2]:
                            act(visit)
                        take(visit.page, folder / f"{name}-{width}-{scheme}.png")


def main() -> None:
    """Start an instance, fill it, and take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where the pictures of every page and state go")
    parser.add_argument("states", nargs="*", help="only these pages and states")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as data,
        running(Path(data)) as service,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS)
        ids = service.shell(LIVED_IN.format(password=PASSWORD)).split()
        service.shell(FACTORS_OF_BEN)
        if not arguments.states:
            readme_pictures(browser, service, ids[0])
        if arguments.folder:
            contact_set(browser, service, arguments.folder, ids, arguments.states)
        browser.close()


if __name__ == "__main__":
    main()
