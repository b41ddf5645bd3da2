"""What `make dist` builds: the same bytes each time, with all that the service needs (RUN-4)."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import subprocess
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from packaging.requirements import Requirement

from artefact.build import build
from tests.artefact.installed import Installed, installed
from tests.command_line import BASE_DIR, PYPROJECT
from tests.introspection import FORM, basic
from tests.tokens_project.linked_files import linked
from tokens_project import VERSION

pytestmark = pytest.mark.once

PACKAGES = ("accounts", "instance_manager", "profile_site", "reference_tokens", "tokens_project", "trusted_apps")
# What may be given to others together, each package as its author gives it.
PERMISSIVE = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "PSF-2.0"}
# Of these, which are copyleft, nothing is changed and nothing is copied.
AS_THEY_ARE = {"LGPL-3.0-only", "MPL-2.0"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the sdist."""
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def wheel(built: list[Path]) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(built[0]) as opened:
        yield opened


@pytest.fixture(scope="module")
def service(built: list[Path]) -> Iterator[Installed]:
    with installed(built[0]) as service:
        yield service


def of_the_wheel(wheel: zipfile.ZipFile, ending: str) -> str:
    """The text of the one file of the wheel that ends so."""
    (name,) = (name for name in wheel.namelist() if name.endswith(ending))
    return wheel.read(name).decode()


def test_run4_the_sdist_builds_the_same_anywhere_and_at_any_time(built: list[Path], tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", built[1], "-C", tmp_path], check=True)
    (source,) = tmp_path.iterdir()
    for path in source.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(path.stat().st_mode & 0o700)
    folder = tmp_path / "again"
    folder.mkdir()
    for name in ("reference_tokens-0.0.9-py3-none-any.whl", "reference_tokens-0.0.9.tar.gz"):
        (folder / name).touch()
    again = build(folder, source)
    # No other release is left.
    assert {*folder.glob("*.whl"), *folder.glob("*.tar.gz")} == {*again}
    assert [path.name for path in again] == [path.name for path in built]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in built]


def test_run4_the_version_stands_in_one_place(built: list[Path], wheel: zipfile.ZipFile) -> None:
    assert [path.name for path in built] == [
        f"reference_tokens-{VERSION}-py3-none-any.whl",
        f"reference_tokens-{VERSION}.tar.gz",
    ]
    assert f"\nVersion: {VERSION}\n" in of_the_wheel(wheel, "/METADATA")
    assert json.loads(of_the_wheel(wheel, "/sboms/sbom.cdx.json"))["metadata"]["component"]["version"] == VERSION
    installing = (BASE_DIR / "docs" / "installing.md").read_text()
    assert set(re.findall(r"reference_tokens-[0-9.]+-py3-none-any.whl", installing)) == {built[0].name}


def test_run4_the_wheel_holds_the_code_templates_translations_snippets_and_help(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    ours = {
        str(path.relative_to(BASE_DIR))
        for package in PACKAGES
        for path in (BASE_DIR / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    beside = {
        f"tokens_project/{path.relative_to(BASE_DIR)}"
        for folder in ("templates", "locale", "docs/help", "docs/snippets")
        for path in (BASE_DIR / folder).rglob("*")
        if path.is_file() and not {"__pycache__", "node_modules"} & {*path.parts}
    }
    assert (ours | beside) - names == set()
    rest = {name.split("/")[1] for name in names - ours - beside if ".dist-info/" not in name}
    assert rest == {"staticfiles"}


def test_run4_the_wheel_holds_static_files_collected_and_compressed(wheel: zipfile.ZipFile) -> None:
    folder = "tokens_project/staticfiles"
    named = json.loads(of_the_wheel(wheel, f"{folder}/staticfiles.json"))["paths"]["css/app.css"]
    style = wheel.read(f"{folder}/{named}")
    assert gzip.decompress(wheel.read(f"{folder}/{named}.gz")) == style
    assert f"{folder}/{named}.br" in wheel.namelist()


def test_run4_the_wheel_holds_the_licence_of_all_that_it_carries(wheel: zipfile.ZipFile) -> None:
    for name in ("LICENSE", *(f"licences/{path.name}" for path in (BASE_DIR / "licences").iterdir())):
        assert of_the_wheel(wheel, f".dist-info/licenses/{name}") == (BASE_DIR / name).read_text()


@pytest.fixture(scope="module")
def parts(wheel: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    """What the bill of materials lists, by its name in a registry."""
    document = json.loads(of_the_wheel(wheel, "/sboms/sbom.cdx.json"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert "timestamp" not in document["metadata"]
    return {part["purl"]: part for part in document["components"]}


def test_t61_the_bill_of_materials_names_all_that_is_installed_with_the_hashes_that_pip_takes(
    parts: dict[str, dict[str, Any]],
) -> None:
    lock_file = (BASE_DIR / "requirements" / "postgresql.txt").read_text()
    entries = re.split(r"^(?=[\w.-]+(?:\[.*\])?==)", lock_file, flags=re.MULTILINE)[1:]
    pinned = {}
    for entry in entries:
        name, version = re.findall(r"^([\w.-]+)(?:\[.*\])?==([^\s;]+)", entry)[0]
        pinned[f"pkg:pypi/{name.lower()}@{version}"] = set(re.findall("sha256:([0-9a-f]{64})", entry))
    listed = {purl: part for purl, part in parts.items() if purl.startswith("pkg:pypi/")}
    assert {purl: of_distribution(part) for purl, part in listed.items()} == pinned


def of_distribution(part: dict[str, Any]) -> set[str]:
    """The hashes of the files by which a part is distributed."""
    (distributed,) = part["externalReferences"]
    assert {found["alg"] for found in distributed["hashes"]} == {"SHA-256"}
    return {found["content"] for found in distributed["hashes"]}


def test_t61_the_bill_of_materials_names_what_others_wrote_and_the_wheel_carries(
    wheel: zipfile.ZipFile, parts: dict[str, dict[str, Any]]
) -> None:
    carried = {part["name"]: part for part in parts.values() if part["purl"].startswith("pkg:npm")}
    files = {"htmx.org": "django_htmx/htmx-2.min.js", "@tabler/icons": "icons.svg"}
    assert carried.keys() == files.keys()
    for name, file in files.items():
        content = wheel.read(f"tokens_project/staticfiles/{file}")
        assert carried[name]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]
        assert carried[name]["version"] in content.decode()


def test_t61_nothing_is_carried_that_no_page_uses(wheel: zipfile.ZipFile) -> None:
    folder = "tokens_project/staticfiles/"
    named = json.loads(of_the_wheel(wheel, f"{folder}staticfiles.json"))["paths"]
    ours = {str(path.relative_to(BASE_DIR / "static")) for path in (BASE_DIR / "static").rglob("*") if path.is_file()}
    assert set(named) - ours == {"django_htmx/htmx-2.min.js"}


def test_t61_every_part_is_under_a_licence_that_is_known_and_compatible(parts: dict[str, dict[str, Any]]) -> None:
    for purl, part in parts.items():
        (told,) = part["licenses"]
        expression = told["expression"] if "expression" in told else told["license"]["id"]
        assert set(re.split(" (?:AND|OR) ", expression)) <= PERMISSIVE | AS_THEY_ARE, purl


def test_run4_the_extra_of_postgresql_brings_its_driver(wheel: zipfile.ZipFile) -> None:
    wanted = re.findall(r"^Requires-Dist: (.+)$", of_the_wheel(wheel, "/METADATA"), re.MULTILINE)
    with_it = [Requirement(line) for line in wanted if Requirement(line).name == "psycopg"]
    assert any(one.marker and one.marker.evaluate({"extra": "postgresql"}) for one in with_it)
    always = {one.name for one in map(Requirement, wanted) if not one.marker}
    assert always == {Requirement(line).name for line in PYPROJECT["project"]["dependencies"]}


def asked(address: str, **form: str) -> dict[str, object]:
    """What introspection answers."""
    client = basic(form.pop("client_id"), form.pop("client_secret"))
    request = urllib.request.Request(
        f"{address}/oauth/introspect", urlencode(form).encode(), {"Authorization": client, "Content-Type": FORM}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def fetched(address: str, **headers: str) -> tuple[str, str]:
    """The text of a page or a file, and how it was encoded."""
    request = urllib.request.Request(address, headers={name.replace("_", "-"): text for name, text in headers.items()})
    with urllib.request.urlopen(request, timeout=10) as answer:
        encoding, content = answer.headers["Content-Encoding"] or "", answer.read()
    return (gzip.decompress(content) if encoding == "gzip" else content).decode(), encoding


def test_run4_an_installed_service_goes_from_nothing_to_a_validated_token(service: Installed) -> None:
    assert service.run("init", "ada", "--name", "Ada", "--json").json["username"] == "ada"
    for words in (
        ["create_user", "alice"],
        ["create_application", "com.example/excel", "--name", "Excel", "--access-tokens", "AuthenticatedUsers"],
    ):
        assert service.run(*words).status == 0
    api = service.run("create_resource_server", "Orders", "--application", "com.example/excel", "--json").json
    issued = service.run("issue_token", "--application", "com.example/excel", "--user", "alice").stdout.strip()
    with service.serving() as address:
        answer = asked(address, client_id=api["client_id"], client_secret=api["client_secret"], token=issued)
        assert (answer["active"], answer["username"]) == (True, "alice")
        page, _encoding = fetched(f"{address}/accounts/login/")
        (style,) = (name for name in linked(page) if name.endswith(".css"))
        assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", style)
        text, encoding = fetched(f"{address}{style}", Accept_Encoding="gzip")
        assert (encoding, "{" in text) == ("gzip", True)


def test_run4_an_installed_service_names_its_own_command(service: Installed) -> None:
    refused = service.run("list_tokens", DATA_DIR=str(service.data / "none"))
    assert refused.is_one_line_of_refusal
    assert "(reference-tokens migrate)" in refused.stderr


def test_run4_nothing_is_written_beside_the_code(service: Installed) -> None:
    code = service.program.parent.parent
    assert [path for path in code.rglob("*") if path.stat().st_mode & 0o222 and not path.is_symlink()] == []
    assert list(code.rglob("var")) == []
