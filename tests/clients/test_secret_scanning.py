"""T57: what is published for secret scanners finds tokens and secrets of Resource Servers, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import math
import os
import re
import secrets
import stat
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from reference_tokens.lifecycle.resource_server_registration import SECRET_PREFIX
from reference_tokens.token_values import token_format

pytestmark = pytest.mark.once

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "secret-scanning"
# As random as those that are issued, and always the same: they stand in the names of tests.
BODY = token_format.PREFIX + hashlib.sha224(b"token").hexdigest().upper()
TOKEN = BODY + token_format.checksum(BODY)
SECRET = SECRET_PREFIX + base64.urlsafe_b64encode(hashlib.sha256(b"secret").digest()).decode().rstrip("=")
PLACES = ["{}", 'TOKEN="{}"', "Authorization: Bearer {}", "https://x.example/?token={}&y=1", "a,{},b", "MY_TOKEN={}\n"]
HITS = [place.format(value) for place in PLACES for value in (TOKEN, SECRET)]
# What looks like a token and is none, by its form alone.
NO_TOKENS = [
    "enrt_…",
    "enrt_1D41…7960",
    TOKEN.lower(),
    TOKEN[:-1],
    TOKEN + "A",
    f"enrt_{'0' * 64}",
    f"enrt_{'0123456789abcdef' * 4}",
    SECRET[:-1],
    f"enrs_{'x' * 43}",
    f"{SECRET[:-1]}B",
    "enrs_secret",
    "0123456789abcdef" * 4,
    "The prefix of a token is enrt_, that of a secret enrs_.",
]
# Of these only the checksum tells.
MISTYPED = TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1")


def entropy(text: str) -> float:
    """Shannon's, of its letters, as gitleaks and TruffleHog compute it."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def rules_of_gitleaks() -> list[tuple[str, float, list[str]]]:
    rules = tomllib.loads((FOLDER / "gitleaks.toml").read_text())["rules"]
    assert all(rule["secretGroup"] == 1 and rule["id"] and rule["description"] for rule in rules)
    return [(rule["regex"], rule["entropy"], rule["keywords"]) for rule in rules]


def rules_of_trufflehog() -> list[tuple[str, float, list[str]]]:
    detectors = yaml.safe_load((FOLDER / "trufflehog.yaml").read_text())["detectors"]
    return [(next(iter(one["regex"].values())), one["entropy"], one["keywords"]) for one in detectors]


@pytest.fixture(params=[rules_of_gitleaks, rules_of_trufflehog], ids=["gitleaks", "trufflehog"])
def rules(request: pytest.FixtureRequest) -> Any:
    return request.param()


def found_by(rules: list[tuple[str, float, list[str]]], text: str) -> list[str]:
    """What a scanner reports: a keyword stands in the text, the pattern fits, and its group is random enough."""
    fitting = [
        (match, least)
        for pattern, least, keywords in rules
        if any(word in text for word in keywords)
        for match in re.findall(pattern, text)
    ]
    return [match for match, least in fitting if entropy(match) >= least]


@pytest.mark.parametrize("text", HITS)
def test_t57_the_rules_find_tokens_and_secrets(rules: Any, text: str) -> None:
    assert found_by(rules, text) == [SECRET if SECRET in text else TOKEN]


@pytest.mark.parametrize("text", NO_TOKENS)
def test_t57_the_rules_take_nothing_else_for_one(rules: Any, text: str) -> None:
    assert found_by(rules, text) == []


def test_t57_the_patterns_are_of_the_syntax_that_the_scanners_have(rules: Any) -> None:
    """Go's: without look-around, and without Python's own anchors."""
    assert [pattern for pattern, _least, _keywords in rules if re.search(r"\(\?[=!<]|\\[ZA]", pattern)] == []


def test_t57_a_secret_of_any_resource_server_fits_the_rules(rules: Any) -> None:
    made = [SECRET_PREFIX + secrets.token_urlsafe(32) for _number in range(2_000)]
    assert [secret for secret in made if found_by(rules, secret) != [secret]] == []


def test_t57_any_token_fits_the_rules(rules: Any) -> None:
    made = [token_format.generate() for _number in range(2_000)]
    assert [token for token in made if found_by(rules, token) != [token]] == []


# --- detect-secrets --------------------------------------------------------------------------------------------------


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The plugin, beside what detect-secrets 1.5 documents of its base class."""

    class RegexBasedDetector:
        denylist: Any

        def analyze_string(self, string: str, **_options: Any) -> Any:
            for pattern in self.denylist:
                yield from pattern.findall(string)

    base: Any = ModuleType("detect_secrets.plugins.base")
    base.RegexBasedDetector = RegexBasedDetector
    for name in ("detect_secrets", "detect_secrets.plugins"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, base.__name__, base)
    return loaded("detect_secrets_plugin")


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def found_by_plugin(plugin: Any, text: str) -> list[str]:
    detectors = [plugin.ReferenceTokenDetector(), plugin.ResourceServerSecretDetector()]
    assert len({one.secret_type for one in detectors}) == 2
    return [secret for one in detectors for secret in one.analyze_string(text, filename="x", line_number=1)]


@pytest.mark.parametrize("text", HITS)
def test_t57_the_plugin_finds_tokens_and_secrets(plugin: ModuleType, text: str) -> None:
    assert found_by_plugin(plugin, text) == [SECRET if SECRET in text else TOKEN]


@pytest.mark.parametrize("text", [*(text for text in NO_TOKENS if "xxx" not in text), MISTYPED])
def test_t57_the_plugin_takes_nothing_else_for_one(plugin: ModuleType, text: str) -> None:
    assert found_by_plugin(plugin, text) == []


# --- The hook --------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the hook in place."""
    git(tmp_path, "init", "--quiet")
    hook = tmp_path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text((FOLDER / "find_tokens.py").read_text())
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    who = {f"GIT_{role}_{part}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    # Its own environment: git gives hooks the folder of the repository that they are of.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment | who, capture_output=True, text=True, check=False
    )


def committed(repository: Path) -> subprocess.CompletedProcess[str]:
    git(repository, "add", "--all")
    return git(repository, "commit", "--message", "x")


@pytest.mark.parametrize("secret", [TOKEN, SECRET])
def test_t57_the_hook_refuses_a_commit_and_shows_no_value(repository: Path, secret: str) -> None:
    (repository / "ä b.py").write_text(f"first = 1\ntoken = '{secret}'\n")
    outcome = committed(repository)
    assert outcome.returncode == 1
    assert f"ä b.py:2: {secret[:9]}…{secret[-4:]} must not be committed" in outcome.stderr
    assert secret not in outcome.stdout + outcome.stderr


def test_t57_the_hook_lets_through_what_is_none(repository: Path) -> None:
    texts = [text for text in NO_TOKENS if "xxx" not in text]
    (repository / "a.py").write_text("\n".join([*texts, MISTYPED]))
    (repository / "b.bin").write_bytes(bytes(range(256)) * 10)
    outcome = committed(repository)
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_t57_the_hook_looks_at_what_is_staged_and_not_at_the_folder(repository: Path) -> None:
    file = repository / "a.py"
    file.write_text(TOKEN)
    git(repository, "add", "--all")
    file.write_text("nothing")
    assert git(repository, "commit", "--message", "x").returncode == 1
    assert committed(repository).returncode == 0
    file.unlink()
    assert committed(repository).returncode == 0


def test_t57_the_hook_looks_at_the_files_that_pre_commit_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = loaded("find_tokens")
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(MISTYPED)
    bad.write_bytes(b"\xff\n" + TOKEN.encode() + b" " + SECRET.encode())
    assert hook.main([str(good)]) == 0
    assert hook.main([str(good), str(bad)]) == 1
    assert capsys.readouterr().err.count(f"{bad}:2: ") == 2
