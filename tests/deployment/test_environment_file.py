"""The file of settings is read alike by a shell and by systemd, whatever stands in it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.site_proxies import DEPLOY
from tokens_project.environment.files import environment_line

pytestmark = pytest.mark.once

EXAMPLE = DEPLOY / "environment.example"
# Reads files of the same form with the same parser as EnvironmentFile=, for the sessions of users. It puts the values
# of variables in, which EnvironmentFile= does not, and takes $$ for $.
GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
needs_systemd = pytest.mark.skipif(not GENERATOR.exists(), reason="systemd is not installed")
VALUES = st.lists(
    st.text(st.sampled_from("ab '\"\\`$#&;!%~=*(){}|<>é") | st.characters(categories=["L", "N", "P", "S"])),
    min_size=1,
)


def read_by_a_shell(text: str) -> dict[str, str]:
    """The values of the file, for whoever has it read by `sh`."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "environment")
        file.write_text(text)
        words = ["sh", "-c", 'set -aeu; . "$0"; exec env -0', str(file)]
        told = subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True)
    values = dict(line.partition("=")[::2] for line in told.stdout.decode().split("\0") if line)
    return {name: value for name, value in values.items() if name not in {"PATH", "PWD", "_", "SHLVL", "OLDPWD"}}


def read_by_systemd(text: str) -> dict[str, str]:
    """The values of the file that are not empty, as systemd's own parser reads it."""
    with TemporaryDirectory() as folder:
        place = Path(folder, "environment.d")
        place.mkdir()
        (place / "zz.conf").write_text(text)
        told = subprocess.run([GENERATOR], env={"XDG_CONFIG_HOME": folder}, capture_output=True, check=True)
    # It writes them for a shell.
    values = read_by_a_shell(told.stdout.decode())
    return {name: values[name] for name in values if f"{name}=" in text}


def written(values: list[str]) -> str:
    """The file of settings with these values."""
    return "".join(environment_line(f"NAME_{number}", value) + "\n" for number, value in enumerate(values))


def numbered(values: list[str]) -> dict[str, str]:
    return {f"NAME_{number}": value for number, value in enumerate(values)}


def not_empty(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


@given(VALUES)
@example(["a b", "it's", '"', "#1 & 2", "$HOME", "\\", "\\n", "`id`", "'\\''", ""])
def test_a_shell_reads_what_was_written(values: list[str]) -> None:
    assert read_by_a_shell(written(values)) == numbered(values)


@needs_systemd
@settings(max_examples=50)
@given(VALUES)
@example(["a b", "it's", '"', "#1 & 2", "$HOME", "\\", "\\n", "`id`", "'\\''", ""])
def test_systemd_reads_what_was_written(values: list[str]) -> None:
    doubled = [value.replace("$", "$$") for value in values]
    assert read_by_systemd(written(doubled)) == not_empty(numbered(values))


@needs_systemd
def test_the_example_is_read_alike() -> None:
    # With what is only proposed, too.
    text = re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    values = read_by_a_shell(text)
    assert values["DEFAULT_FROM_EMAIL"] == "Ada's tokens <tokens@example.com>"
    assert len(values) == 11
    assert read_by_systemd(text) == not_empty(values)
