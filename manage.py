#!/usr/bin/env python
"""Run a command from a checkout: `python manage.py help` lists them. An installed service has `reference-tokens`."""

from __future__ import annotations

from tokens_project.command_line import main

if __name__ == "__main__":
    main()
