"""Every reason that the product gives leads to an answer of the help that is there, in each language of its page."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from reference_tokens.lifecycle.issuance import IssuingRefused
from reference_tokens.lifecycle.rotation import Refusal, RotationRefused
from reference_tokens.pages.help import library
from reference_tokens.pages.help.links import ANSWERS, group_of, help_url, help_with_error
from reference_tokens.pages.help.markdown import PARSER, links_in, page_of
from reference_tokens.pages.issuing.creation import as_validation_error
from reference_tokens.validation.checking import VERDICTS
from reference_tokens.validation.reasons import WHY_BESIDES
from tests.command_line import BASE_DIR
from trusted_apps.policy import Obstacle

pytestmark = pytest.mark.once

LANGUAGES = sorted(path.name for path in library.FOLDER.iterdir())
REASONS: dict[str, Iterable[str]] = {"obstacle": Obstacle, "rotation": Refusal, "check": {*VERDICTS, *WHY_BESIDES}}
# How code and templates name an answer.
IN_CODE = re.compile(r"help_url\(\s*\"([a-z_]+)\", \"([a-z_]+)\"\)")
CODES = re.compile(r"\bcode=\"([a-z_]+)\"")
IN_TEMPLATES = re.compile(r"{% help_url \"([a-z_]+)\" \"([a-z_]+)\" as")


def pages() -> list[tuple[str, str]]:
    """The pages that there are, each with its language."""
    return [
        (language, path.stem) for language in LANGUAGES for path in sorted((library.FOLDER / language).glob("*.md"))
    ]


def anchors_in(language: str, slug: str) -> set[str]:
    return {section.anchor for section in library.page_in(language, slug).sections}


def named_answers() -> set[str]:
    files = [
        path
        for app in ("accounts", "reference_tokens", "profile_site", "instance_manager")
        for path in (BASE_DIR / app).rglob("*.py")
    ]
    named = [pair for path in files for pair in IN_CODE.findall(path.read_text())]
    named += [
        pair for path in (BASE_DIR / "templates").rglob("*.html") for pair in IN_TEMPLATES.findall(path.read_text())
    ]
    codes = {f"error:{code}" for path in files for code in CODES.findall(path.read_text())}
    return {f"{group}:{reason}" for group, reason in named} | (codes & ANSWERS.keys())


@pytest.mark.parametrize("group", REASONS)
def test_every_reason_has_an_answer(group: str) -> None:
    answered = {name.partition(":")[2] for name in ANSWERS if name.startswith(f"{group}:")}
    assert answered == {str(reason) for reason in REASONS[group]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_there_in_each_language(language: str) -> None:
    targets = {target.partition("#")[::2] for target in ANSWERS.values()}
    assert [(slug, anchor) for slug, anchor in targets if anchor not in anchors_in(language, slug)] == []


def test_every_answer_that_the_product_names_is_known_and_every_known_one_is_named() -> None:
    of_pages = {name for name in ANSWERS if name.partition(":")[0] not in REASONS}
    assert named_answers() == of_pages


def test_a_reason_against_rotating_may_be_one_against_issuing() -> None:
    groups = [group_of(Obstacle.POLICY_NONE), group_of(Refusal.REPLACED)]
    assert groups == ["obstacle", "rotation"]
    assert help_url("rotation", Refusal.REPLACED) == "/help/troubleshooting/#the-token-was-rotated-before"


def test_an_error_leads_to_an_answer_by_its_code_where_there_is_one() -> None:
    for refused in (IssuingRefused(Obstacle.POLICY_NONE), RotationRefused(Obstacle.POLICY_NONE)):
        error = as_validation_error(refused)
        assert help_with_error(error.code) == help_url("obstacle", Obstacle.POLICY_NONE)
    assert help_with_error(as_validation_error(RotationRefused(Refusal.REPLACED)).code).endswith("rotated-before")
    assert (help_with_error("required"), help_with_error(None)) == ("", "")


def test_every_page_that_is_written_is_read() -> None:
    assert {slug for _language, slug in pages()} == set(library.SLUGS)
    assert {slug for language, slug in pages() if language == library.WRITTEN_IN} == set(library.SLUGS)


@pytest.mark.parametrize(("language", "slug"), pages())
def test_a_page_can_be_read_and_its_links_lead_to_answers(language: str, slug: str) -> None:
    page = library.page_in(language, slug)
    anchors = [section.anchor for section in page.sections]
    leads = [
        str(link.attrs["href"])
        for link in links_in(PARSER.parse((library.FOLDER / language / f"{slug}.md").read_text()))
    ]

    assert page.language == language
    assert [each.level for each in page.sections] == [each.level for each in library.page_in("en", slug).sections]
    assert len(anchors) == len(set(anchors))
    assert [target for target in leads if not re.fullmatch(r"[a-z-]+\.md(#[\w-]+)?|#[\w-]+", target)] == []
    for target in leads:
        other, _hash, anchor = target.partition("#")
        assert anchor in {"", *anchors_in(language, other.removesuffix(".md") or slug)}, target


@pytest.mark.parametrize(("language", "slug"), pages())
def test_a_translation_shows_the_same_code(language: str, slug: str) -> None:
    codes = [
        [
            token.content
            for token in PARSER.parse((library.FOLDER / each / f"{slug}.md").read_text())
            if token.type == "fence"
        ]
        for each in (library.WRITTEN_IN, language)
    ]
    assert codes[0] == codes[1]


@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", "[a](javascript:alert(1))", '<img src=x onerror="alert(1)">', "`</code><b>`"],
)
def test_html_in_a_source_is_shown_as_text(source: str) -> None:
    html = page_of("x", "en", f"# Title\n\nLead.\n\n{source}\n\n```html\n{source}\n```\n").html
    assert set(re.findall(r"<([a-z]+)", html)) <= {"p", "code", "pre"}


def test_a_translation_shares_the_anchors_of_the_english_page() -> None:
    page = page_of("x", "de", "# Titel\n\nEinleitung.\n\n## Ärger\n\nText\n", ["trouble"])
    assert (page.sections[1].anchor, '<h2 id="trouble">' in page.html) == ("trouble", True)
    with pytest.raises(ValueError, match="argument"):
        page_of("x", "de", "# Titel\n\nEinleitung.\n", ["trouble"])


def test_a_page_without_a_title_is_a_fault() -> None:
    with pytest.raises(ValueError, match="title"):
        page_of("x", "en", "## Second\n\nText.\n")


def test_a_page_without_a_translation_is_shown_in_english() -> None:
    shown = library.pages_in("nl")
    assert {page.language for page in shown.values()} == {"en"}


def test_pages_name_the_address_of_this_instance() -> None:
    html = library.page_in("en", "getting-started").html
    assert f"{settings.BASE_URL}/api/token" in html
    assert "example.com/api" not in html


def test_addresses_of_answers_are_those_of_pages() -> None:
    for name in ANSWERS:
        group, _colon, reason = name.partition(":")
        try:
            assert resolve(help_url(group, reason).partition("#")[0]).view_name == "help_page"
        except Resolver404:
            pytest.fail(name)
