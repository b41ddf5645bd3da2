#!/usr/bin/env python
"""Run an administrative command: `python manage.py help` lists them."""

from __future__ import annotations

import os
import sys

from tokens_project.environment import BadSetting


def main() -> None:
    """Run the command that the arguments name; a bad setting is one line and exit status 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    try:
        settings.configured or settings.BASE_URL  # noqa: B018 - reads the settings, loudly
    except BadSetting as error:
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
