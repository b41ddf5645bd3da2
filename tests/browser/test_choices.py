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


def test_owners_are_found_while_the_name_is_typed(visit: Visit, service: Service, width: int) -> None:
    service.shell(MANY)
    uri = f"com.example/bikes{width}"
    service.manage("create_application", uri, "--name", f"Bikes {width}", "--scopes", "read")
    visit.sign_in(service.person(f"uma{width}", "--administrator"), to=APPLICATIONS)
    page = visit.page
    page.get_by_role("link", name=f"Bikes {width}").click()
    page.get_by_role("link", name="Edit application").click()
    owners = page.get_by_role("group", name="Owners")
    search = owners.get_by_role("searchbox", name="Find people by name, user name or e-mail address")

    search.press_sequentially("ARIDER 007")
    owners.get_by_role("checkbox", name="Arider 007 (arider007)").check()
    expect(search).to_have_value("")
    search.press_sequentially("brider 008")
    expect(owners.get_by_role("status")).to_have_text("1 was found.")
    expect(owners.get_by_role("checkbox", name="Arider 007 (arider007)")).to_be_checked()
    visit.check()
    owners.get_by_role("checkbox", name="Brider 008 (brider008)").check()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("were saved.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Arider 007.*Brider 008", re.DOTALL))


def test_owners_are_found_without_javascript(open_visit: Open, service: Service) -> None:
    visit = open_visit(javascript=False)
    service.shell(MANY)
    service.manage("create_application", "com.example/boats", "--name", "Boats", "--scopes", "read")
    visit.sign_in(service.person("vera", "--administrator"), to=APPLICATIONS)
    page = visit.page
    page.get_by_role("link", name="Boats").click()
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
from trusted_apps.models import TrustedApplication
TrustedApplication.objects.bulk_create(
    [TrustedApplication(name=f"Cart {{n:03d}}", application_uri=f"com.example/cart{{n:03d}}", scopes=("read",),
     access_tokens_policy="AuthenticatedUsers") for n in range(30)], ignore_conflicts=True)
TrustedApplication.objects.filter(name__startswith="Cart").update(is_enabled={})
"""


@pytest.fixture
def carts(service: Service) -> Iterator[None]:
    """Many applications that everybody may issue for; other tests are made with a few."""
    service.shell(CARTS.format(True))
    yield
    service.shell(CARTS.format(False))


@pytest.mark.usefixtures("carts")
def test_one_of_many_applications_is_chosen_in_the_dialog_before_the_rest(
    visit: Visit, service: Service, width: int
) -> None:
    visit.sign_in(service.person(f"wim{width}"))
    page, form = visit.page, visit.open_form()
    search = form.get_by_role("searchbox", name="Find applications by name or URI")
    search.press_sequentially("CART 007")
    form.get_by_role("radio", name="Cart 007 (com.example/cart007)").check()
    expect(search).to_have_value("")
    visit.check()
    form.get_by_role("button", name="Continue").click()
    expect(form.get_by_text("com.example/cart007")).to_be_visible()
    visit.check()
    form.get_by_role("link", name="Choose another application").click()
    form.get_by_role("searchbox").press_sequentially("cart 008")
    form.get_by_role("radio", name="Cart 008 (com.example/cart008)").check()
    form.get_by_role("button", name="Continue").click()
    form.get_by_label("Description").fill("Shopping")
    form.get_by_role("button", name="Generate token").click()
    visit.plain_text()
    page.get_by_role("button", name="Copy token").click()
    page.keyboard.press("Escape")
    expect(visit.row("Shopping")).to_contain_text("Cart 008")


def test_applications_of_a_resource_server_are_added_and_taken_out_on_their_page(
    visit: Visit, service: Service, width: int
) -> None:
    name = f"Post office {width}"
    service.manage("create_application", f"com.example/post{width}", "--name", f"Post {width}", "--scopes", "read")
    service.manage("create_application", f"com.example/mail{width}", "--name", f"Mail {width}", "--scopes", "read")
    service.manage("create_resource_server", name, "--application", f"com.example/post{width}")
    server_id = service.shell(
        f"from reference_tokens.models import ResourceServer; print(ResourceServer.objects.get(name={name!r}).pk)"
    ).strip()
    address = f"/manage/security/resource-servers/{server_id}/applications/"
    visit.sign_in(service.person(f"xia{width}", "--administrator"), to=address)
    page = visit.page
    visit.check()
    found = page.get_by_role("checkbox", name=f"Mail {width}")
    search = page.get_by_role("searchbox", name="Find applications by name or URI")
    if search.count():
        search.press_sequentially(f"mail {width}")
    found.check()
    page.get_by_role("button", name="Add applications").click()
    expect(page.get_by_text("1 application was added.")).to_be_visible()
    visit.row(f"Post {width}").get_by_role("link", name="Remove").click()
    visit.check()
    visit.box.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"{name} may no longer ask about Post {width}.")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    visit.check()
