"""Holds the README, docs/ and the words of the audit log to the code: what one names, the other has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeGuard

import pytest
from django.core.management import get_commands

from accounts.audit.registry import registered_actions
from accounts.audit.targets import registered_targets
from reference_tokens.endpoints import routes as machine_urls
from tests.command_line import BASE_DIR, OURS, WITH_COMMANDS
from tokens_project.environment import CACHE_PARAMETERS, OWN_PARAMETERS, POSTGRESQL_PARAMETERS
from trusted_apps.built_in import MANAGEMENT_SCOPES

pytestmark = pytest.mark.once

DOCS = BASE_DIR / "docs"
SETTINGS, COMMANDS, ADDRESSES = "settings.md#all-settings", "command-line.md#commands", "addresses.md#for-machines"
MAKE_TARGETS = "command-line.md#make-targets"
DOCUMENTS = [
    BASE_DIR / "README.md",
    BASE_DIR / "CONTRIBUTING.md",
    BASE_DIR / "SECURITY.md",
    *sorted((BASE_DIR / "docs").rglob("*.md")),
]
DOCUMENTS += sorted((BASE_DIR / "clients").glob("*/README.md"))
DESIGN = BASE_DIR / "docs" / "design"
READERS = {"text", "integer", "boolean", "words", "origin", "host", "folder", "database", "cache", "email", "issuer"}
READERS |= {"replica", "hosts", "https_address", "sender", "anchor", "fence", "stream", "one_of", "collector"}
KEY_READERS = {"required_keys", "optional_keys", "optional_header_key"}


def section(address: str) -> str:
    """What stands in a page of docs/ under a heading of the second level, `page.md#heading`."""
    page, _hash, anchor = address.partition("#")
    heading = anchor.replace("-", " ").capitalize()
    return (DOCS / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """What stands first in each row of the tables, where it is code."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


def described_settings() -> dict[str, str]:
    """The settings of the table, each with the cell of its default."""
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \| ([^|]*) \|", section(SETTINGS), re.MULTILINE)
    return {name: default.strip() for name, default in rows}


def settings_read() -> dict[str, object]:
    """The settings that tokens_project reads, each with its default: a value, or None where it is worked out."""
    found: dict[str, object] = {}
    for path in (BASE_DIR / "tokens_project").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and is_reader(node.func) and isinstance(node.args[0], ast.Constant):
                keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                default = keywords.get("default") or (node.args[1] if len(node.args) > 1 else None)
                found[str(node.args[0].value)] = default.value if isinstance(default, ast.Constant) else None
    return found


def is_reader(function: ast.expr) -> bool:
    """Whether this is one of the functions that read a setting."""
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return False
    return function.attr in {"env": READERS, "keys": KEY_READERS}.get(function.value.id, set())


def test_reader_of_this_test_sees_the_settings() -> None:
    assert {"HOST": "127.0.0.1", "PORT": 8000, "DEBUG": False, "SECRET_KEY": None}.items() <= settings_read().items()


def test_every_setting_stands_in_the_table_once() -> None:
    names = [name for name in first_cells(section(SETTINGS)) if name.isupper()]
    assert sorted(names) == sorted(settings_read())


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_setting_stands_in_the_table_with_its_default(name: str) -> None:
    default, cell = settings_read()[name], described_settings().get(name, "")
    assert cell
    if default not in {None, ""}:
        assert re.search(rf"(?<![\w.]){re.escape(str(default))}(?![\w.])", cell)


def test_every_parameter_of_a_url_stands_in_the_guide() -> None:
    guide = (BASE_DIR / "docs" / "settings.md").read_text().partition("## URLs of other services")[2]
    described = set(re.findall(r"`([a-z_]+)`", guide.partition("\n## ")[0])) - {"unix", "rediss"}
    of_caches = {name for names in CACHE_PARAMETERS.values() for name in names}
    assert described == {*POSTGRESQL_PARAMETERS, *OWN_PARAMETERS, *of_caches}


def test_every_command_stands_in_the_table() -> None:
    commands = {name for name, app in get_commands().items() if app in WITH_COMMANDS}
    described = first_cells(section(COMMANDS))
    assert sorted(described) == sorted(commands)


def test_every_machine_address_stands_in_the_table() -> None:
    described = {cell.split()[-1].partition("CLIENT_ID")[0] for cell in first_cells(section(ADDRESSES))}
    assert described == {*machine_urls.ENDPOINTS, *machine_urls.FORWARD_AUTH_PREFIXES, "/profile/me"}


def make_targets() -> list[str]:
    """The targets that people call."""
    (names,) = re.findall(r"^\.PHONY: (.+)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    return str(names).split()


@pytest.mark.parametrize("target", make_targets())
def test_make_target_stands_in_the_table(target: str) -> None:
    assert f"make {target}" in first_cells(section(MAKE_TARGETS))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_document_names_no_make_target_that_is_not_there(document: Path) -> None:
    named = re.findall(r"(?:`|^\s*(?:\$ )?)make ([a-z-]+)", document.read_text(), re.MULTILINE)
    assert set(named) <= set(make_targets())


@pytest.mark.parametrize("page", [SETTINGS, COMMANDS, ADDRESSES])
def test_readme_leads_to_each_table(page: str) -> None:
    named = {link.partition("#")[0] for link in relative_links(BASE_DIR / "README.md")}
    assert f"docs/{page.partition('#')[0]}" in named


def pages_of_docs() -> set[str]:
    """Every page of docs/ but the index; of the help, which has the same pages in each language, the English ones."""
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {"README.md"}
    return {page for page in pages if not page.startswith("help/") or page.startswith("help/en/")}


def test_index_of_docs_lists_every_page() -> None:
    listed = {link.partition("#")[0] for link in relative_links(DOCS / "README.md")}
    assert sorted(pages_of_docs() - listed) == []


def relative_links(document: Path) -> list[str]:
    """The links and images of a document that point into this repository."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text) + re.findall(r"(?:src|srcset|href)=\"([^\"]+)\"", text)
    targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:|//", target)]


def anchors(document: Path) -> set[str]:
    """The names by which the headings of a document are linked to; all languages of the help have those in English."""
    in_help = document.is_relative_to(BASE_DIR / "docs" / "help")
    named = document.parent.parent / "en" / document.name if in_help else document
    headings = re.findall(r"^#{1,6} (.+)$", named.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_every_path_of_the_code_that_a_document_names_is_there(document: Path) -> None:
    packages = "|".join(sorted(path.parent.name for path in BASE_DIR.glob("*/__init__.py")))
    named = re.findall(rf"`((?:{packages}|templates|static|docs)/[\w./-]*)`", document.read_text())
    assert [path for path in named if not (BASE_DIR / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    dead = []
    for link in relative_links(document):
        path, _hash, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def our_modules(packages: Iterable[str] = OURS) -> list[Path]:
    """The modules of the apps, or of these packages."""
    return [path for app in packages for path in (BASE_DIR / app).rglob("*.py") if "migrations" not in path.parts]


def recorded_actions() -> set[str]:
    """The actions that the code writes into the audit log; an app registers its words for each as keys.

    Names of pages have the same form, and begin with a site; so have scopes, and types of problems.
    """
    nodes = [node for path in our_modules(WITH_COMMANDS) for node in ast.walk(ast.parse(path.read_text()))]
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in keys]
    pattern = r"(?!profile:|manage:|about:)[a-z_]+:[a-z_]+"
    return {text for text in texts if isinstance(text, str) and re.fullmatch(pattern, text)} - MANAGEMENT_SCOPES


def test_aud1_every_recorded_action_has_words() -> None:
    assert recorded_actions() == set(registered_actions())


def types_of_targets() -> set[str]:
    """The types of targets that the code names."""
    calls = [node for path in our_modules() for node in ast.walk(ast.parse(path.read_text())) if is_target(node)]
    return {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}


def is_target(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Target"


def test_aud1_every_type_of_target_has_words() -> None:
    # A passkey is named in the conflict of a form alone; its entries are about its person.
    assert types_of_targets() - {"passkey"} <= set(registered_targets())


def test_no_package_but_the_audit_log_reads_its_table() -> None:
    readers = {
        str(path.parent.relative_to(BASE_DIR))
        for path in our_modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in {"AuditEvent", "AuditHead", "AuditMark"}
    }
    assert readers == {"accounts/audit"}


# --- The tour --------------------------------------------------------------------------------------------------------
TOUR = re.findall(r"^\| (?:Where|What) .+\? \| `([^`]+)`(.*) \|$", (DESIGN / "tour.md").read_text(), re.MULTILINE)


def test_the_tour_answers_its_questions() -> None:
    assert len(TOUR) == (DESIGN / "tour.md").read_text().count("? |") > 20


@pytest.mark.parametrize(("path", "names"), TOUR, ids=[path for path, _names in TOUR])
def test_each_answer_of_the_tour_is_there(path: str, names: str) -> None:
    text = (BASE_DIR / path).read_text()
    defined = set(re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", names)) <= defined
