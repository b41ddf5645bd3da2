"""Whoever does what docs/operations.md says has two processes behind TLS, which work (RUN-4, RUN-8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.command_line import BASE_DIR
from tests.deployment.deployed import METRICS_TOKEN, Deployment, browser, deployed, eventually
from tests.pages import form_of
from tests.service import ask
from tests.smtp import stored

pytestmark = pytest.mark.once

PASSWORD = "a long password of ada"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The journey, from the wheel on."""
    with deployed(tmp_path_factory.mktemp("journey")) as found:
        yield found


def test_run8_every_setting_of_the_deployment_works(deployment: Deployment) -> None:
    outcome = deployment.command("check_settings")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert re.search("^CACHE_URL: Redis", outcome.stdout, re.MULTILINE)
    assert re.search("^DATABASE_URL: PostgreSQL", outcome.stdout, re.MULTILINE)


def test_both_processes_are_ready(deployment: Deployment) -> None:
    assert {ask(port, "GET", "/readyz").status for port in deployment.ports} == {200}
    assert deployment.ask("GET", "/readyz").status_code == 200


def test_the_first_administrator_chooses_a_password_by_the_link_that_was_mailed(deployment: Deployment) -> None:
    (mail,) = eventually(lambda: stored(deployment.mails))
    text = mail.get_body(("plain",))
    assert text
    link = re.search(rf"{re.escape(deployment.origin)}(/\S+)", text.get_content())
    assert link
    with browser(deployment.certificate) as ada:
        page = deployment.ask("GET", link[1], client=ada)
        while page.is_redirect:
            path = page.headers["Location"].removeprefix(deployment.origin)
            page = deployment.ask("GET", path, client=ada)
        fields = form_of(page, path)
        typed = {name: PASSWORD for name in fields if "password" in name}
        answer = deployment.ask("POST", path, client=ada, data={**fields, **typed})
        assert answer.status_code == 302
        fields = form_of(deployment.ask("GET", "/accounts/login/", client=ada), "/accounts/login/")
        typed = {"login": "ada", "password": PASSWORD}
        answer = deployment.ask("POST", "/accounts/login/", client=ada, data={**fields, **typed})
        assert answer.status_code == 302
        assert deployment.ask("GET", "/profile/security/tokens/", client=ada).status_code == 200


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> tuple[str, str]:
    """An API that asks."""
    made = deployment.command("create_resource_server", "Orders API", "--all-applications", "--json").json
    return str(made["client_id"]), str(made["client_secret"])


def test_t9_a_token_is_good_behind_the_proxy_and_ends_at_once(deployment: Deployment, api: tuple[str, str]) -> None:
    def answers() -> set[bool]:
        told = [deployment.ask("POST", "/oauth/introspect", auth=api, data={"token": token}) for _each in range(6)]
        return {answer.json()["active"] for answer in told}

    deployment.command("create_user", "svc-orders", "--system", "--json")
    words = ("com.example/orders", "--name", "Orders", "--access-tokens", "AdministratorsOnly")
    assert deployment.command("create_application", *words, "--system-user", "svc-orders").status == 0
    issued = deployment.command("issue_token", "--application", "com.example/orders", "--service", "--json").json
    token = str(issued["token"])
    assert answers() == {True}
    assert deployment.command("revoke_tokens", "--id", str(issued["id"]), "--yes").status == 0
    assert answers() == {False}


def test_what_the_dashboard_and_the_alerts_ask_for_is_measured(deployment: Deployment, api: tuple[str, str]) -> None:
    files = [*(BASE_DIR / "deploy" / "grafana").glob("*.json"), *(BASE_DIR / "deploy" / "prometheus").glob("*.yml")]
    wanted = {name for file in files for name in re.findall(r"reference_tokens_[a-z_]+", file.read_text())}
    assert deployment.ask("POST", "/oauth/introspect", auth=api, data={"token": "x"}).status_code == 200

    def all_are_measured() -> bool:
        told = ask(deployment.ports[0], "GET", "/metrics", Authorization=f"Bearer {METRICS_TOKEN}").body.decode()
        measured = set(re.findall(r"^# TYPE (\w+)", told, re.MULTILINE))
        return all(re.sub(r"_(bucket|sum|count)$", "", name) in measured for name in wanted)

    # Uses are written after some seconds.
    assert eventually(all_are_measured)
    assert deployment.ask("GET", "/metrics").status_code == 404
