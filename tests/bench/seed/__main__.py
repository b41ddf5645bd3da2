"""Fills the database that the settings name; give the number of tokens and a folder for the values."""

from __future__ import annotations

import argparse
import datetime
import os
from pathlib import Path
from random import Random

import django

MOST_VALUES = 200_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.seed")
    parser.add_argument("tokens", type=int)
    parser.add_argument("folder", type=Path, help="gets `tokens`, the values of valid ones, and `servers`")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--people", type=int, help="20,000 by default, fewer for few tokens")
    parser.add_argument("--applications", type=int, default=400)
    parser.add_argument("--now", type=datetime.datetime.fromisoformat, help="the instant that all is told from")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tokens_project.settings")
    django.setup()
    from tests.bench.seed.bulk import in_a_hurry
    from tests.bench.seed.content import store_content

    now = (options.now or datetime.datetime.now(datetime.UTC)).replace(minute=0, second=0, microsecond=0)
    people = options.people or min(20_000, 20 * options.tokens)
    with in_a_hurry():
        content = store_content(options.seed, options.tokens, now, people=people, applications=options.applications)
    options.folder.mkdir(parents=True, exist_ok=True)
    Random(options.seed).shuffle(content.values)
    (options.folder / "tokens").write_text("\n".join(content.values[:MOST_VALUES]) + "\n")
    (options.folder / "servers").write_text("\n".join(content.credentials) + "\n")


if __name__ == "__main__":
    main()
