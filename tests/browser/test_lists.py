"""A list that holds work: how much of it is seen at once, and what its rows do without a mouse."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.visit import INVENTORY, ROWS, TOKENS, USERS, Visit
from tests.service import Service

pytestmark = pytest.mark.once

# Twelve tokens, the newest first by their numbers.
FILL = """
from datetime import timedelta
from django.utils import timezone
from accounts.audit.record import OPERATOR
from accounts.models import User
from reference_tokens.lifecycle.issuance import TokenRequest, issue_pat
from trusted_apps.models import TrustedApplication
application, now = TrustedApplication.objects.get(application_uri="com.example/{name}"), timezone.now()
for number in range(12):
    token_request = TokenRequest(
        scopes=["delete", "export", "read", "update"][:1 + number % 4],
        expires_at=now + timedelta(days=3 + number * 9),
        description=f"Till {{number}} of {name}",
    )
    issue_pat(actor=OPERATOR, user=User.objects.get(username="{name}"), application=application,
        token_request=token_request, now=now - timedelta(seconds=number))
"""
SCOPES = """
from trusted_apps.models import Scope
for name in ("delete", "export"):
    Scope.objects.get_or_create(name=name)
"""

# One of the longer names, of a zone that is never UTC.
ZONE = "America/Argentina/Buenos_Aires"
IN_ZONE = """
from accounts.models import User
User.objects.filter(username={username!r}).update(time_zone={zone!r})
"""

# How much room a chip has before its text and behind its icon.
ROOM = """chip => {
  const [all, text, icon] = [chip, ...chip.querySelectorAll("a > bdi, svg")].map(one => one.getBoundingClientRect());
  return [text.left - all.left, all.right - icon.right].map(Math.round);
}"""


# The lower edge of the first words of each cell of a row that are as large as the text of the page.
FIRST_LINES = """row => [...row.cells].flatMap(cell => {
  const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT, node => node.data.trim() ? 1 : 3).nextNode();
  const size = one => getComputedStyle(one).fontSize;
  if (!words || size(words.parentElement) !== size(document.body)) return [];
  const range = document.createRange();
  range.selectNodeContents(words);
  return [range.getClientRects()[0].bottom];
})"""


def filled(service: Service, name: str, *arguments: str) -> str:
    """Somebody with twelve tokens; returns the user name, which ends the URI of their application too."""
    name = service.person(name, *arguments)
    service.shell(SCOPES)
    scopes = ("--scopes", "delete export read update")
    policy = ("--access-tokens", "AuthenticatedUsers")
    service.manage("create_application", f"com.example/{name}", "--name", "Tills", *scopes, *policy)
    service.shell(FILL.format(name=name))
    return name


def test_ten_rows_are_seen_at_once_and_three_cards_on_a_phone(open_visit: Open, service: Service) -> None:
    name = filled(service, "rowena", "--administrator", "--name", "Rowena Example")
    for path in (TOKENS, f"{INVENTORY}?owner={name}"):
        wide, phone = open_visit(), open_visit(width=360)
        for visit, seen, height in ((wide, 10, 56), (phone, 3, 110)):
            visit.sign_in(name, to="/profile/")
            visit.page.goto(path)
            found = visit.page.evaluate(ROWS)
            assert found["seen"] >= (seen if path == TOKENS else 1), path
            assert max(found["heights"]) <= height, path
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= visit.width
            visit.check()


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
def test_all_scopes_open_from_a_button_with_and_without_script(
    open_visit: Open, service: Service, javascript: bool
) -> None:
    name = filled(service, "scarlett")
    visit = open_visit(javascript=javascript)
    visit.sign_in(name)
    button = visit.row("Till 3 of").get_by_role("button", name="all scopes")
    expect(button).to_contain_text("+2")
    button.focus()
    visit.page.keyboard.press("Enter")
    opened = visit.page.locator("[popover].chips:popover-open")
    expect(opened).to_have_text("delete export read update")
    visit.page.keyboard.press("Escape")
    expect(opened).to_have_count(0)


def test_an_exact_time_is_read_whole_on_a_phone(open_visit: Open, service: Service) -> None:
    visit = open_visit(width=360)
    name = service.person("tima")
    service.token("--user", name)
    service.shell(IN_ZONE.format(username=name, zone=ZONE))
    visit.sign_in(name)
    visit.page.get_by_role("button", name="exact time").first.click()
    opened = visit.page.locator(".exact:popover-open")
    expect(opened).to_contain_text(f"{ZONE} (")
    assert opened.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_a_long_application_leaves_room_for_the_holder_and_the_end_on_a_phone(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit(width=360)
    name = service.person("holder", "--administrator", "--name", "Holger Example")
    uri, title = f"com.example/{name}", "Warehouse and inventory of the northern region"
    service.manage(
        "create_application", uri, "--name", title, "--scopes", "read", "--access-tokens", "AuthenticatedUsers"
    )
    service.manage("issue_token", "--application", uri, "--user", name)
    visit.sign_in(name, to="/profile/")
    visit.page.goto(f"{INVENTORY}?owner={name}")
    assert visit.page.locator("tbody .c-holder").evaluate("e => e.clientWidth") >= 40
    assert visit.page.locator("tbody .c-expires").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_cells_of_a_row_stand_on_one_line_and_buttons_end_where_fields_do(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit()
    visit.sign_in(service.person("line", "--administrator"), to=USERS)
    lines = visit.page.locator("tbody tr").first.evaluate(FIRST_LINES)
    assert len(lines) >= 3
    assert max(lines) - min(lines) < 1
    visit.page.get_by_role("link", name="Invite User").click()
    send, name = visit.page.get_by_role("button", name="Send the invitation"), visit.page.get_by_label("User name")
    right = "e => e.getBoundingClientRect().right"
    assert send.evaluate(right) == name.evaluate(right)


def test_a_heading_sorts_and_says_so(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    visit.sign_in(filled(service, "sortie"))
    visit.page.get_by_role("link", name="Expires", exact=True).click()
    expect(visit.page.locator("th[aria-sort=ascending]")).to_have_text("Expires")
    visit.page.get_by_role("link", name="Last used", exact=True).click()
    expect(visit.page.locator("th[aria-sort=descending]")).to_have_text("Last used")
    visit.check()


def test_the_name_of_an_icon_is_seen_where_it_has_the_focus_until_esc_and_the_focus_goes_on_to_the_next_row(
    visit: Visit, service: Service
) -> None:
    name = filled(service, "fonda")
    visit.sign_in(name)
    page = visit.page
    act = page.get_by_role("link", name="Revoke Till 4 of")
    label = act.locator(".visually-hidden")
    assert label.evaluate("e => e.offsetWidth") <= 1
    page.get_by_role("link", name="Rotate Till 4 of").focus()
    page.keyboard.press("Tab")
    expect(act).to_be_focused()
    assert label.evaluate("e => e.offsetWidth") > 40
    visit.check()
    page.keyboard.press("Escape")
    assert label.evaluate("e => e.offsetWidth") <= 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert label.evaluate("e => e.offsetWidth") > 40
    page.keyboard.press("Enter")
    visit.box.get_by_role("button", name="Revoke token").click()
    expect(visit.row("Till 4 of")).to_have_count(0)
    expect(page.get_by_role("link", name=f"Till 5 of {name}", exact=True)).to_be_focused()


def test_the_focus_goes_to_the_row_before_after_the_last_and_to_what_says_that_none_is_left(
    open_visit: Open, service: Service
) -> None:
    visit = open_visit()
    name = filled(service, "lastrow")
    visit.sign_in(name)
    page = visit.page
    revoke_by_keyboard(visit, "Till 11 of")
    expect(page.get_by_role("link", name=f"Till 10 of {name}", exact=True)).to_be_focused()
    # The hint alone: by chance that of another one has a 10 too.
    page.goto(f"{TOKENS}?{urlencode({'q': visit.row('Till 10 of').locator('.hint').inner_text()})}")
    revoke_by_keyboard(visit, "Till 10 of")
    expect(page.get_by_role("heading", name="No token matches")).to_be_focused()
    visit.check()


def revoke_by_keyboard(visit: Visit, name: str) -> None:
    """Revoke a token from its row without a mouse."""
    visit.page.get_by_role("link", name=f"Revoke {name}").focus()
    visit.page.keyboard.press("Enter")
    visit.box.get_by_role("button", name="Revoke token").press("Enter")
    expect(visit.row(name)).to_have_count(0)


def test_the_focus_goes_on_to_the_next_row_where_an_old_value_ends(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    name = filled(service, "endymion")
    visit.sign_in(name)
    page = visit.page
    page.get_by_role("link", name="Rotate Till 4 of").press("Enter")
    visit.box.get_by_role("button", name="Rotate token").press("Enter")
    visit.plain_text()
    page.get_by_role("button", name="Copy token").press("Enter")
    page.get_by_role("link", name="I have stored it").press("Enter")
    page.get_by_role("link", name="End now: Till 4 of").press("Enter")
    visit.box.get_by_role("button", name="End").press("Enter")
    expect(page.get_by_role("link", name="End now: Till 4 of")).to_have_count(0)
    expect(page.get_by_role("link", name=f"Till 5 of {name}", exact=True)).to_be_focused()
    visit.check()


def test_an_application_is_found_as_it_is_typed_and_chosen_by_keys(visit: Visit, service: Service) -> None:
    name = filled(service, "combo", "--administrator")
    service.manage("create_application", f"com.example/{name}-two", "--name", "Tills too", "--scopes", "read")
    visit.sign_in(name, to=f"{INVENTORY}?q=nothing")
    page = visit.page
    page.get_by_text("Add filter").press("Enter")
    page.get_by_label("Kind", exact=True).select_option("PAT")
    box = page.get_by_label("Trusted Application")
    box.focus()
    box.press_sequentially(f"/{name}-TW")
    option = page.get_by_role("listbox").get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("aria-selected", "true")
    visit.check()
    page.get_by_label("Search tokens").fill("")
    box.fill(f"/{name}")
    expect(option).to_have_count(2)
    box.press("ArrowDown")
    expect(option.nth(1)).to_have_attribute("aria-selected", "true")
    box.press("ArrowUp")
    box.press("Enter")
    page.wait_for_url(f"**?kind=PAT&application=com.example%2F{name}")
    expect(page.get_by_role("link", name="Remove the filter Application: Tills")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_text("Add filter").click()
    expect(box).to_have_value(f"com.example/{name}")
    # Nothing is offered where nobody types.
    expect(option).to_have_count(0)


def test_the_heading_of_the_lines_of_use_explains_their_scale_by_keys(open_visit: Open, service: Service) -> None:
    visit = open_visit()
    visit.sign_in(filled(service, "scaled"))
    explanation = visit.page.get_by_text("All lines have one logarithmic scale")
    visit.page.get_by_role("button", name="30 days of use").press("Enter")
    expect(explanation).to_be_visible()
    visit.check()
    visit.page.keyboard.press("Escape")
    expect(explanation).to_be_hidden()


def test_a_filter_is_saved_found_again_and_removed_by_keys(visit: Visit, service: Service) -> None:
    visit.sign_in(filled(service, "saver"), to=f"{TOKENS}?q=Till+1")
    page = visit.page
    page.get_by_role("link", name="Save filter").press("Enter")
    visit.check()
    page.get_by_label("Name").fill("Ones")
    page.get_by_role("button", name="Save filter").press("Enter")
    saved = page.get_by_role("navigation", name="Saved filters")
    expect(saved.get_by_role("link", name="Ones", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Save filter")).to_have_count(0)
    before, after = saved.locator(".chip-pair").evaluate(ROOM)
    assert before == after
    visit.check()
    saved.get_by_role("link", name="Remove Ones").press("Enter")
    visit.check()
    page.get_by_role("button", name="Remove filter").press("Enter")
    expect(saved).to_have_count(0)


def test_without_javascript_an_application_is_chosen_of_those_that_a_text_finds(
    open_visit: Open, service: Service
) -> None:
    name = filled(service, "plaintill", "--administrator")
    service.manage("create_application", f"com.example/{name}-two", "--name", "Tills too", "--scopes", "read")
    visit = open_visit(javascript=False)
    visit.sign_in(name, to=INVENTORY)
    page = visit.page
    page.get_by_text("Add filter").click()
    page.get_by_label("Trusted Application").fill(f"/{name}")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").filter(has_text="2 were found.")).to_be_visible()
    page.get_by_role("link", name=f"com.example/{name}-two").click()
    expect(page.get_by_role("heading", name="No token matches")).to_be_visible()
    expect(page.get_by_role("link", name="Remove the filter Application: Tills too")).to_be_visible()
