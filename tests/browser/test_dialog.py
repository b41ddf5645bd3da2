"""What can go wrong around the dialog, and doing it all by keyboard."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Open
from tests.browser.visit import TOKENS, Visit
from tests.service import PASSWORD, Service

pytestmark = pytest.mark.once


def filled_in(visit: Visit, description: str) -> Locator:
    form = visit.open_form()
    visit.choose_application("Excel add-in")
    form.get_by_label("Description").fill(description)
    return form


def tokens_of(service: Service, username: str) -> int:
    return len(service.manage("list_tokens", "--user", username, "--state", "all")["tokens"])


def test_t5_a_double_click_issues_one_token(visit: Visit, service: Service) -> None:
    username = service.person("dora")
    visit.sign_in(username)
    form, posts = filled_in(visit, "Once"), list[str]()
    visit.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    form.get_by_role("button", name="Generate token").dblclick()
    visit.plain_text()
    visit.page.get_by_role("link", name="I have stored it").click()
    expect(visit.row("Once")).to_have_count(1)
    assert (len(posts), tokens_of(service, username)) == (1, 1)


def test_the_second_press_of_a_slow_double_click_takes_no_token_away(visit: Visit, service: Service) -> None:
    visit.sign_in(service.person("dana"))
    box = filled_in(visit, "Twice").get_by_role("button", name="Generate token").bounding_box()
    assert box
    press = partial(visit.page.mouse.click, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    press()
    token = visit.plain_text()
    press()
    expect(visit.page.locator("[data-secret]")).to_have_text(token)
    visit.page.get_by_role("link", name="I have stored it").click()
    expect(visit.box).to_have_count(0)


def test_the_second_press_of_a_slow_double_click_revokes_nothing(visit: Visit, service: Service) -> None:
    holder = service.person("dora")
    service.token("--user", holder, "--description", "Kept")
    visit.sign_in(holder)
    ask, button = (
        visit.page.get_by_role("link", name="Revoke Kept"),
        visit.box.get_by_role("button", name="Revoke token"),
    )
    ask.click()
    box = button.bounding_box()
    assert box
    visit.box.get_by_role("link", name="Keep token").click()
    expect(visit.box).to_have_count(0)
    ask.click()
    expect(button).to_be_visible()
    visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(button).to_be_visible()
    button.click()
    expect(visit.page.get_by_text("Kept was revoked.")).to_be_visible()


def test_t5_the_same_form_from_two_tabs_issues_one_token(visit: Visit, service: Service) -> None:
    username = service.person("dirk")
    visit.sign_in(username)
    form = filled_in(visit, "From two tabs")
    body = form.locator("form").evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    # The other tab holds the same form, its key included, as a duplicated tab does.
    other = visit.new_page()
    other.goto(f"{TOKENS}new/?application=com.example/excel")
    for name, value in parse_qsl(body):
        for field in other.locator(f"main [name={name}]:is([type=hidden], [type=text], select)").all():
            field.evaluate("(field, value) => { field.value = value; }", value)
    other.get_by_role("button", name="Generate token").click()
    first = other.locator("[data-secret]").inner_text()
    form.get_by_role("button", name="Generate token").click()
    expect(form.get_by_text("This form already issued")).to_contain_text(f"{first[:9]}…{first[-4:]}")
    visit.check()
    assert tokens_of(service, username) == 1
    form.get_by_role("button", name="Revoke it and create again").click()
    second = visit.plain_text()
    assert (service.holder_of(first), service.holder_of(second)) == (None, username)


def test_lost_connection_speaks_inside_the_dialog_and_loses_nothing(visit: Visit, service: Service) -> None:
    visit.expected.append("Failed to load resource: net::ERR_INTERNET_DISCONNECTED")
    username = service.person("lena")
    visit.sign_in(username)
    form = filled_in(visit, "Over a bad line")
    visit.context.set_offline(True)
    form.get_by_role("button", name="Generate token").click()
    expect(form.get_by_role("status")).to_contain_text("The connection was lost.")
    expect(form.get_by_label("Description")).to_have_value("Over a bad line")
    visit.check()
    visit.context.set_offline(False)
    form.get_by_role("button", name="Generate token").click()
    visit.plain_text()
    assert tokens_of(service, username) == 1


def slow_line(visit: Visit) -> None:
    """From now on each answer takes half a second longer."""
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 500, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", line)


def shows_that_it_waits(visit: Visit, where: str) -> None:
    """A line at the upper edge of the window, and of the dialog's layer where one is open."""
    line = f"getComputedStyle(document.querySelector('{where}'), '::before').borderTopStyle"
    visit.page.wait_for_function(f"{line} === 'solid'")


def test_on_a_slow_line_the_second_press_brings_no_second_answer(open_visit: Open, service: Service) -> None:
    """It would come over the form that the first one brought, and over what was typed into it by then."""
    holder = service.person("sam")
    service.token("--user", holder, "--description", "Kept")
    visit = open_visit()
    visit.sign_in(holder)
    answers = list[str]()
    visit.page.on("response", lambda answer: answers.append(answer.url))
    link = visit.page.get_by_role("link", name="Create user access token").first
    link.hover()
    visit.page.wait_for_function("window.htmx")
    slow_line(visit)
    link.dblclick()
    shows_that_it_waits(visit, "body")
    expect(visit.box.get_by_role("heading", name="New user access token")).to_be_visible()
    visit.page.wait_for_load_state("networkidle")
    assert len([address for address in answers if address.endswith("/new/")]) == 1


def test_esc_leaves_no_act_that_is_under_way(open_visit: Open, service: Service) -> None:
    """What the act came to is told, and the list behind the dialog says so too."""
    visit = open_visit()
    visit.sign_in(service.person("sara"))
    form = filled_in(visit, "Over a slow line")
    slow_line(visit)
    form.get_by_role("button", name="Generate token").click()
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Escape")
    expect(form.locator("form[data-busy]")).to_be_visible()
    shows_that_it_waits(visit, "dialog")
    visit.plain_text()
    expect(visit.page.get_by_role("row", include_hidden=True).filter(has_text="Over a slow line")).to_have_count(1)
    visit.page.get_by_role("link", name="I have stored it").click()
    expect(visit.row("Over a slow line")).to_be_visible()


def test_an_expired_session_moves_the_whole_page_to_sign_in_and_back(visit: Visit, service: Service) -> None:
    username = service.person("eva")
    visit.sign_in(username)
    form = filled_in(visit, "After a long lunch")
    session = next(cookie["value"] for cookie in visit.context.cookies() if cookie["name"] == "session")
    service.shell(f"from accounts.sessions.store import SessionStore; SessionStore({session!r}).delete()")
    form.get_by_role("button", name="Generate token").click()
    page = visit.page
    page.wait_for_url("**/accounts/login/**")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_label("User name or e-mail address").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{TOKENS}new/**")
    expect(page.get_by_label("Description")).to_have_value("After a long lunch")
    page.get_by_role("button", name="Generate token").click()
    token = visit.plain_text()
    visit.check()
    assert service.holder_of(token) == username


def test_whole_life_of_a_token_by_keyboard_alone(visit: Visit, service: Service) -> None:
    username = service.person("kim")
    visit.sign_in(username)
    press = visit.page.keyboard.press
    tab_to(visit, "Create user access token")
    press("Enter")
    expect(visit.box.get_by_role("heading", name="New user access token")).to_be_visible()
    search = visit.box.get_by_label("Trusted Application")
    expect(search.or_(visit.box.get_by_label("Description"))).to_be_visible()
    if search.count():
        visit.page.keyboard.type("Excel")
        expect(visit.box.get_by_role("status").last).to_have_text("1 was found.")
        press("Enter")
    expect(visit.box.get_by_label("Description")).to_be_visible()
    tab_to(visit, "id_description")
    visit.page.keyboard.type("By keyboard")
    press("Tab")
    press("ArrowRight")
    press("Enter")
    token = visit.plain_text()
    tab_to(visit, "Copy token")
    press("Enter")
    expect(visit.page.locator("#dialog-status")).to_have_text("Copied")
    tab_to(visit, "I have stored it")
    press("Enter")
    expect(visit.box).to_have_count(0)
    assert visit.focused == "Create user access token"
    expect(visit.row("By keyboard")).to_contain_text("in 60 days")
    assert service.holder_of(token) == username
    tab_to(visit, "Revoke By keyboard")
    press("Enter")
    expect(visit.box.get_by_role("link", name="Keep token")).to_be_focused()
    tab_to(visit, "Revoke token")
    press("Enter")
    expect(visit.page.get_by_text("By keyboard was revoked.")).to_be_visible()
    expect(visit.box).to_have_count(0)
    assert visit.page.evaluate("document.activeElement !== document.body")
    assert service.holder_of(token) is None


def tab_to(visit: Visit, name: str) -> None:
    """Press Tab until the element with this name has the focus, which must be seen and stand in the window."""
    for _step in range(40):
        if visit.focused == name:
            break
        visit.page.keyboard.press("Tab")
    assert visit.focused == name
    assert visit.page.evaluate(
        """() => {
            const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
            const {top, bottom} = document.activeElement.getBoundingClientRect();
            return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && top < innerHeight && bottom > 0;
        }"""
    )


def test_tok5_the_form_follows_the_application_and_the_typing(visit: Visit, service: Service) -> None:
    """Only what the chosen application allows is there; the local time and the sentence follow what is typed."""
    short = service.unused("com.example/short")
    rules = ("--max-lifetime-days", "7", "--scopes", "read", "--access-tokens", "AuthenticatedUsers")
    service.manage("create_application", short, *rules)
    username = service.person("dina")
    visit.sign_in(username)
    box = visit.open_form()
    visit.choose_application(short)
    expect(box.get_by_role("radio")).to_have_count(2)
    expect(box.get_by_role("radio", name="7 days")).to_be_checked()
    expect(box.get_by_label("update")).to_have_count(0)
    expect(box.locator("[data-summary]")).to_contain_text(f"as {username}, until ")
    expect(box.locator("[data-summary]")).to_contain_text("UTC, 1 scope")
    visit.choose("Custom")
    box.get_by_label("Expires at").fill("2027-01-31T23:30")
    expect(box.locator("output")).to_have_text("In your time zone: 1 Feb 2027, 00:30 Europe/Berlin")
    box.get_by_label("Expires at").fill("2027-07-31T12:00")
    expect(box.locator("output")).to_contain_text("14:00 Europe/Berlin")
    expect(box.locator("[data-summary]")).to_contain_text("until 31 Jul 2027, 12:00 UTC, 1 scope")
    visit.check()
    box.get_by_label("Description").fill("Typed before")
    visit.choose("7 days")
    box.get_by_role("button", name="Choose another application").click()
    expect(box.get_by_label("Trusted Application")).to_be_visible()
    visit.choose_application("Excel add-in")
    expect(box.get_by_label("Description")).to_have_value("Typed before")
    expect(box.get_by_role("radio", name="7 days")).to_be_checked()
    expect(box.get_by_label("update")).to_be_visible()
    service.manage("update_application", short, "--disabled")
