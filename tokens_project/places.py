"""Where the service is: in a checkout, or installed from a wheel, with what lies beside the code in this package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BASE_DIR = PACKAGE.parent
IS_INSTALLED = not (BASE_DIR / "manage.py").is_file()
# Where templates, collected static files, snippets, translations and the pages of the help lie.
RESOURCES = PACKAGE if IS_INSTALLED else BASE_DIR
# Where data lies that no setting gives a place: in an installed service, never beside the code.
DEFAULT_DATA = (Path.cwd() if IS_INSTALLED else BASE_DIR) / "var"
# How commands are called here, for messages that name one.
COMMAND = "reference-tokens" if IS_INSTALLED else "manage.py"
