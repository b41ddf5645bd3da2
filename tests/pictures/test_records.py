"""The pictures of README and docs/ are all there, none is older than what it shows, and all together are small."""

from __future__ import annotations

import pytest

from tests.pictures.documents import IMAGES, PICTURES, files_of
from tests.pictures.records import hash_of, hashes, recorded

pytestmark = pytest.mark.once

LARGEST_SUM = 3_000_000


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_picture_is_not_older_than_its_templates(name: str) -> None:
    then, now = recorded().get(name, {}), hashes(name)
    changed = sorted(path for path in then.keys() | now if then.get(path) != now.get(path))
    assert not changed, f'docs/images/{name}.png is older than {", ".join(changed)}: make pictures PARTS="{name}"'


def test_every_picture_is_there_and_no_other() -> None:
    files = {file.relative_to(IMAGES).as_posix() for file in IMAGES.rglob("*.png")}
    assert files == {file for name in PICTURES for file in files_of(name)}
    assert set(recorded()) == set(PICTURES)


def test_all_pictures_together_are_small() -> None:
    assert sum(file.stat().st_size for file in IMAGES.rglob("*.png")) <= LARGEST_SUM


def test_a_page_is_made_of_what_it_extends_and_includes_all_the_way_down() -> None:
    files = set(hashes("create-token"))
    assert {"templates/base.html", "templates/partials/page_foot.html", "templates/partials/token_list.html"} <= files
    assert {"templates/partials/token_form.html", "templates/partials/scopes_field.html"} <= files


def test_comments_and_breaks_of_lines_make_no_picture_old() -> None:
    text = "{% comment %}\n Needs: name.\n{% endcomment %}<p>\n  {{ name }}{# by gettext #}\n</p>"
    assert hash_of(text) == hash_of("<p> {{ name }} </p>") != hash_of("<p> {{ title }} </p>")
