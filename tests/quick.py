"""`python -m tests.quick`: the tests of the pure and the small parts, on SQLite, for the loop of writing code.

Hardly any of them asks for a server or another process, and none for a browser. Arguments are passed on to pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from tests.__main__ import PROCESSORS
from tests.runs import SHARED

PURE_OR_SMALL = (
    "accounts/forms",
    "accounts/headers",
    "accounts/models",
    "accounts/text",
    "reference_tokens/lifecycle",
    "reference_tokens/policy",
    "reference_tokens/token_values",
    "reference_tokens/validation",
    "tokens_project/environment",
    "trusted_apps",
)


def main(arguments: list[str]) -> int:
    """The exit status of pytest."""
    folders = [f"tests/{folder}" for folder in PURE_OR_SMALL]
    shared = [*SHARED, str(1 + PROCESSORS)]
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *shared, *folders, *arguments]
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "DATA_DIR": data, "DATABASE_URL": ""}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
