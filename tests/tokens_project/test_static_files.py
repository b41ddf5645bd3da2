"""Every page has its style, scripts and icons, whether or not somebody has collected the static files."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped] # it ships no types
import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.http import HttpResponseNotFound
from whitenoise.compress import Compressor

from tests.command_line import BASE_DIR
from tests.gunicorn import gunicorn
from tests.tokens_project.linked_files import get, linked
from tokens_project.static_files import StaticFilesMiddleware, StaticFilesStorage

pytestmark = pytest.mark.once


STYLE = b"a { color: red }\n" * 99


@pytest.mark.django_db(transaction=True)
def test_run4_pages_are_whole_without_collected_files(tmp_path: Path) -> None:
    with gunicorn(tmp_path, WORKERS="1") as server:
        status, html = get(server, "/accounts/login/")
        assert status == 200
        names = linked(html)
        assert "/static/css/app.css" in names
        assert {get(server, name)[0] for name in names} == {200}
        not_found, page = get(server, "/no/such/page")
        assert (not_found, linked(page) >= {"/static/css/app.css"}) == (404, True)
    assert server.log.read_text().count("no static files are collected (manage.py collectstatic)") == 1


@pytest.mark.parametrize("root", ["/no/such/folder", "/dev/null", "/dev/null/below"])
def test_where_nothing_can_be_collected_files_keep_their_own_names(root: str) -> None:
    assert StaticFilesStorage(location=root).url("css/app.css") == "/static/css/app.css"


def test_run4_files_are_served_from_the_code_where_none_are_collected(settings: Any, log_lines: list[str]) -> None:
    settings.STATIC_ROOT = "/no/such/folder"
    served = StaticFilesMiddleware(lambda _request: HttpResponseNotFound()).files
    assert {"/static/css/app.css", "/static/js/app.js", "/static/icons.svg"} <= served.keys()
    assert len([line for line in log_lines if "no static files are collected" in line]) == 1


@pytest.mark.parametrize("spoiled", [b"", b"not compressed at all", b"of something else", b"cut off"])
@pytest.mark.parametrize("kind", [".br", ".gz"])
def test_run1_a_compressed_twin_is_made_anew_where_it_does_not_say_the_same(
    tmp_path: Path, kind: str, spoiled: bytes
) -> None:
    file, twin = tmp_path / "app.css", tmp_path / f"app.css{kind}"
    file.write_bytes(STYLE)
    compressor = StaticFilesStorage().create_compressor(quiet=True)
    both = compressor.compress(str(file))
    assert {Path(name).suffix for name in both} == {".br", ".gz"}
    whole = twin.read_bytes()
    other = {".br": brotli.compress, ".gz": gzip.compress}[kind](b"x" * 99)
    twin.write_bytes({b"of something else": other, b"cut off": whole[:-9]}.get(spoiled, spoiled))
    assert compressor.compress(str(file)) == both
    assert twin.read_bytes() == whole


def test_run1_compressed_twins_that_say_the_same_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app.css"
    file.write_bytes(STYLE)
    compressor = StaticFilesStorage().create_compressor(quiet=True)
    both = compressor.compress(str(file))
    monkeypatch.setattr(Compressor, "write_data", None)
    assert compressor.compress(str(file)) == both


def test_collected_styles_and_scripts_have_only_what_browsers_read(tmp_path: Path) -> None:
    storage = StaticFilesStorage(location=tmp_path)
    style = b"/* Button */\n.a {\n  color: red;\n\n  /* b */\n  & b { margin: 0 }\n}\n"
    script = b"// It counts.\n(() => {\n  const a = 1; // one\n  /* a */ b(); /* c */\n})();\n"
    for name, content in (("css/x.css", style), ("js/x.js", script), ("other/js/y.js", script)):
        file = ContentFile(content)
        # Whoever made a digest of it has read it already.
        file.read()
        storage.save(name, file)
    assert (tmp_path / "css/x.css").read_bytes() == b".a {color: red;& b { margin: 0 }}"
    assert (tmp_path / "js/x.js").read_bytes() == b"(() => {\nconst a = 1; // one\n/* a */ b(); /* c */\n})();\n"
    assert (tmp_path / "other/js/y.js").read_bytes() == script


def test_a_file_that_came_with_a_newer_release_than_was_collected_keeps_its_own_name() -> None:
    assert staticfiles_storage.url("css/newer.css") == "/static/css/newer.css"
    assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", staticfiles_storage.url("css/app.css"))


@pytest.mark.parametrize("template", sorted((BASE_DIR / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_each_static_file_that_a_template_names_is_there(template: Path) -> None:
    named = re.findall(r"{% static ['\"]([^'\"]+)['\"]", template.read_text())
    assert [name for name in named if finders.find(name) is None] == []


def test_t61_of_what_packages_bring_pages_have_what_they_name_and_nothing_else_is_served() -> None:
    ours = {str(path.relative_to(BASE_DIR / "static")) for path in (BASE_DIR / "static").rglob("*") if path.is_file()}
    found = {name for finder in finders.get_finders() for name, _storage in finder.list([])}
    templates = [path.read_text() for path in (BASE_DIR / "templates").rglob("*.html")]
    named = {name for text in templates for name in re.findall(r"{% static ['\"]([^'\"]+)['\"]", text)}
    assert found - ours == named - ours == {"django_htmx/htmx-2.min.js"}
    assert finders.find("mfa/js/webauthn.js") is None
