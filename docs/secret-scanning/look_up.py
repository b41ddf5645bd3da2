#!/usr/bin/env python3
"""Reports those of many values that are live tokens of an instance of Reference Tokens, and sends no others.

It reads the values from standard input, one a line. Of each it sends five digits of the SHA-256 (`/leaks/lookup`) and
compares the rest here; live ones it reports (`/leaks/revoke`), which ends them. One file, no dependencies:

    python3 look_up.py https://tokens.example.com https://where.they.stand.example/ < candidates
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from http.client import TOO_MANY_REQUESTS
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PREFIX_DIGITS = 5
PREFIXES_AT_ONCE, TOKENS_AT_ONCE = 100, 1_000


def post(address: str, document: dict[str, Any]) -> Any:
    """What the instance answers; where it is asked too often, once it may be asked again."""
    request = Request(address, json.dumps(document).encode(), {"Content-Type": "application/json"})  # noqa: S310 - your own instance
    while True:
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
                return json.load(answer)
        except HTTPError as error:
            if error.code != TOO_MANY_REQUESTS:
                raise
            time.sleep(int(error.headers["Retry-After"]))


def live_among(values: list[str], instance: str) -> list[str]:
    """Those of the values that are live tokens there."""
    digests = {hashlib.sha256(value.encode()).hexdigest(): value for value in values}
    prefixes = sorted({digest[:PREFIX_DIGITS] for digest in digests})
    rests: dict[str, list[str]] = {}
    for start in range(0, len(prefixes), PREFIXES_AT_ONCE):
        asked = prefixes[start : start + PREFIXES_AT_ONCE]
        rests.update(post(f"{instance}/leaks/lookup", {"prefixes": asked}))
    return [value for digest, value in digests.items() if digest[PREFIX_DIGITS:] in rests[digest[:PREFIX_DIGITS]]]


def main(instance: str, place: str) -> None:
    """Report what is live, and name it by its first and last four characters."""
    live = live_among(sys.stdin.read().split(), instance)
    for start in range(0, len(live), TOKENS_AT_ONCE):
        post(f"{instance}/leaks/revoke", {"tokens": live[start : start + TOKENS_AT_ONCE], "url": place})
    for value in live:
        sys.stdout.write(f"{value[:9]}…{value[-4:]} was live, and is reported\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
