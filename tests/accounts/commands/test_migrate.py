"""`migrate` tells that it waits for another one (RUN-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from tests.command_line import Runner

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.mark.parametrize(("verbosity", "is_told"), [("1", True), ("0", False)])
def test_run7_it_says_that_it_waits_unless_it_is_to_be_quiet(
    command: Runner, monkeypatch: pytest.MonkeyPatch, verbosity: str, is_told: bool
) -> None:
    @contextmanager
    def migrating(_connection: Any, waits: Callable[[], None]) -> Iterator[None]:
        waits()
        yield

    monkeypatch.setattr(type(connections["default"]), "migrating", migrating)
    outcome = command("migrate", "--verbosity", verbosity)
    assert outcome.status == 0
    assert ("Waiting until no other process migrates" in outcome.stdout) == is_told
