"""A module of the product that runs once more, as in a new process, beside the one that is imported."""

from __future__ import annotations

from importlib import util
from typing import Any

from tests.command_line import BASE_DIR


def run_afresh(module: str) -> dict[str, Any]:
    """The names that a module of `tokens_project` has then. Raises what it raises."""
    # By an import, and not by runpy, whose code nothing measures.
    spec = util.spec_from_file_location(f"{module}_afresh", BASE_DIR / "tokens_project" / f"{module}.py")
    assert spec
    assert spec.loader
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return vars(made)
