"""Choosing from many in a form: found while it is typed, kept while something else is looked for, and saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.visit import APPLICATIONS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

Open = Callable[..., Visit]
MANY = """
from accounts.models import User
User.objects.bulk_create(
    [User(username=f"{letter}rider{n:03d}", name=f"{letter.upper()}rider {n:03d}", password="!")
     for letter in "ab" for n in range(30)], ignore_conflicts=True)
"""


def test_owners_are_found_while_the_name_is_typed(visit: Visit, service: Service) -> None:
    service.shell(MANY)
    name = service.unused("Bikes")
    service.manage("create_application", f"com.example/{name}", "--name", name, "--scopes", "read")
    visit.sign_in(service.person("uma", "--administrator"), to=APPLICATIONS)
    page = visit.page
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Edit application").click()
    owners = page.get_by_role("group", name="Owners")
    search = owners.get_by_role("searchbox", name="Find people by name, user name or e-mail address")

    search.press_sequentially("ARIDER 007")
    owners.get_by_role("checkbox", name="Arider 007 (arider007)").check()
    expect(search).to_have_value("")
    expect(search).to_be_focused()
    search.press_sequentially("brider 008")
    expect(owners.get_by_role("status")).to_have_text("1 was found.")
    expect(owners.get_by_role("checkbox", name="Arider 007 (arider007)")).to_be_checked()
    visit.check()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(owners.locator(".chosen").get_by_role("checkbox")).to_have_count(2)
    visit.check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("were saved.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Arider 007.*Brider 008", re.DOTALL))
    page.get_by_role("link", name="Edit application").click()
    # The box lies under the whole chip.
    owners.get_by_text("Arider 007 (arider007)").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("main")).not_to_contain_text("Arider 007")
    expect(page.get_by_role("main")).to_contain_text("Brider 008")


def test_owners_are_found_without_javascript(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    service.shell(MANY)
    name = service.unused("Boats")
    service.manage("create_application", f"com.example/{name}", "--name", name, "--scopes", "read")
    visit.sign_in(service.person("vera", "--administrator"), to=APPLICATIONS)
    page = visit.page
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Edit application").click()
    page.get_by_label("Name", exact=True).fill("Ships")
    owners = page.get_by_role("group", name="Owners")
    owners.get_by_role("searchbox").fill("arider 007")
    owners.get_by_role("button", name="Find").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ships")
    owners.get_by_role("checkbox", name="Arider 007").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("The changes to Ships were saved.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Arider 007")


CARTS = """
from trusted_apps.models import Scope, TrustedApplication
scopes = [f"cart{{n}}" for n in range(6)]
Scope.objects.bulk_create([Scope(name=name, description="Do one thing.") for name in scopes], ignore_conflicts=True)
TrustedApplication.objects.bulk_create(
    [TrustedApplication(name=f"Cart {{n:03d}}", application_uri=f"com.example/cart{{n:03d}}", scopes=scopes,
     access_tokens_policy="AuthenticatedUsers", allows_tokens_without_expiry=True) for n in range(400)],
    ignore_conflicts=True)
TrustedApplication.objects.filter(name__startswith="Cart").update(is_enabled={})
"""
HEIGHTS = {1280: 720, 360: 740}


@pytest.fixture
def carts(service: Service) -> Iterator[None]:
    """Many applications that everybody may issue for; other tests are made with a few."""
    service.shell(CARTS.format(True))
    yield
    service.shell(CARTS.format(False))
    service.shell(
        "from trusted_apps.models import TrustedApplication;"
        "TrustedApplication.objects.filter(name__startswith='Cart', tokens=None).delete()"
    )


@pytest.mark.usefixtures("carts")
def test_enter_that_ends_a_word_of_an_input_method_chooses_nothing(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    visit.sign_in(service.person("yuki"))
    search = visit.open_form().get_by_role("combobox", name="Trusted Application")
    expect(search).to_be_focused()
    composed = {"text": "cart 00", "selectionStart": 7, "selectionEnd": 7}
    visit.context.new_cdp_session(visit.page).send("Input.imeSetComposition", composed)
    expect(visit.box.get_by_role("option", selected=True)).to_have_text(re.compile("Cart 000"))
    visit.page.keyboard.press("Enter")
    expect(visit.box.locator("[data-busy]")).to_have_count(0)
    expect(search).to_be_focused()


@pytest.mark.usefixtures("carts")
def test_by_keyboard_alone_one_of_400_applications_is_chosen_and_the_rest_is_seen_at_once(
    visit: Visit, service: Service, width: int
) -> None:
    visit.sign_in(service.person("wim"))
    page = visit.page
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    page.get_by_role("link", name="Create user access token").first.focus()
    page.keyboard.press("Enter")
    search = visit.box.get_by_role("combobox", name="Trusted Application")
    expect(search).to_be_focused()
    expect(search).to_have_attribute("aria-expanded", "false")
    visit.check()
    page.keyboard.type("CART 00")
    expect(visit.box.get_by_role("option")).to_have_count(10)
    expect(visit.box.get_by_role("option", selected=True)).to_have_text(re.compile("Cart 000"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(visit.box.get_by_role("option", selected=True)).to_have_text(re.compile("Cart 009"))
    visit.check()
    page.keyboard.press("Escape")
    expect(search).to_have_value("")
    expect(visit.box.get_by_role("option")).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.type("cart007")
    expect(visit.box.get_by_role("option", selected=True)).to_have_text(re.compile("Cart 007"))
    page.keyboard.press("Enter")
    expect(visit.box.get_by_text("com.example/cart007")).to_be_visible()
    assert_it_fits(visit)
    visit.check()
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    fills_in_by_keyboard(visit)
    expect(visit.row("Shopping")).to_contain_text("Cart 007")
    # The next time it is the first one offered.
    visit.open_form()
    expect(visit.box.get_by_role("option")).to_have_text([re.compile("Cart 007")])


def assert_it_fits(visit: Visit) -> None:
    height = "(box => box.scrollHeight - box.clientHeight)(document.querySelector('dialog'))"
    assert visit.page.evaluate(height) == 0


def fills_in_by_keyboard(visit: Visit) -> None:
    page = visit.page
    visit.box.get_by_label("Description").focus()
    page.keyboard.type("Shopping")
    visit.box.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    expect(visit.box.locator("[data-summary]")).to_contain_text(re.compile(r"^\s*For Cart 007 as wim\d+, until "))
    expect(visit.box.locator("[data-summary]")).to_contain_text(", 1 scope")
    page.keyboard.press("Enter")
    visit.plain_text()
    visit.box.get_by_role("button", name="Copy token").click()
    expect(page.locator("#dialog-status")).to_have_text("Copied")
    page.keyboard.press("Escape")


@pytest.mark.usefixtures("carts")
def test_one_of_400_applications_is_chosen_without_javascript(open_visit: Open, service: Service, width: int) -> None:
    visit = open_visit(width=width, javascript=False)
    visit.sign_in(service.person("wes"))
    page = visit.page
    visit.open_form()
    page.get_by_label("Trusted Application").fill("cart 008")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("1 was found.")).to_be_visible()
    page.get_by_role("button", name="Cart 008 com.example/cart008").click()
    page.get_by_label("Description").fill("Plain shopping")
    page.get_by_label("cart3").check()
    page.get_by_role("button", name="Generate token").click()
    visit.plain_text()
    page.get_by_role("link", name="I have stored it").click()
    expect(visit.row("Plain shopping")).to_contain_text("Cart 008")


LIBRARY = """
from trusted_apps.models import Scope, TrustedApplication
scopes = [f"shelf{n}" for n in range(30)]
Scope.objects.bulk_create([Scope(name=name, description="Read books.") for name in scopes], ignore_conflicts=True)
rules = {"name": "Library", "scopes": scopes, "access_tokens_policy": "AuthenticatedUsers", "is_enabled": True}
TrustedApplication.objects.update_or_create(application_uri="com.example/library", defaults=rules)
"""


def test_many_scopes_are_looked_through_by_a_filter(visit: Visit, service: Service, width: int) -> None:
    service.shell(LIBRARY)
    visit.sign_in(service.person("lea"))
    visit.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    box = visit.open_form()
    visit.choose_application("Library")
    assert_it_fits(visit)
    box.get_by_label("shelf3 ").check()
    box.get_by_role("searchbox", name="Filter the scopes").fill("SHELF2")
    expect(box.get_by_role("checkbox")).to_have_count(11)
    box.get_by_label("shelf29").check()
    box.get_by_role("searchbox", name="Filter the scopes").focus()
    visit.check()
    # Enter in the filter issues nothing: the scopes are still being looked for.
    visit.page.keyboard.press("Enter")
    expect(box.locator("[data-secret], [data-busy], [data-error-summary]")).to_have_count(0)
    box.get_by_role("searchbox", name="Filter the scopes").fill("")
    expect(box.get_by_label("shelf3 ")).to_be_checked()
    expect(box.locator("[data-summary]")).to_contain_text(", 2 scopes")
    service.manage("update_application", "com.example/library", "--disabled")


def test_applications_of_a_resource_server_are_added_and_taken_out_on_their_page(
    visit: Visit, service: Service
) -> None:
    name, post, mail = (service.unused(word) for word in ("Office", "Post", "Mail"))
    for application in (post, mail):
        service.manage("create_application", f"com.example/{application}", "--name", application, "--scopes", "read")
    service.manage("create_resource_server", name, "--application", f"com.example/{post}")
    server_id = service.shell(
        f"from reference_tokens.models import ResourceServer; print(ResourceServer.objects.get(name={name!r}).pk)"
    ).strip()
    address = f"/manage/security/resource-servers/{server_id}/applications/"
    visit.sign_in(service.person("xia", "--administrator"), to=address)
    page = visit.page
    visit.check()
    found = page.get_by_role("checkbox", name=mail)
    search = page.get_by_role("searchbox", name="Find applications by name or URI")
    if search.count():
        search.press_sequentially(mail.lower())
    found.check()
    page.get_by_role("button", name="Add applications").click()
    expect(page.get_by_text("1 application was added.")).to_be_visible()
    visit.row(post).get_by_role("link", name="Remove").click()
    visit.check()
    visit.box.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"{name} may no longer ask about {post}.")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    visit.check()
