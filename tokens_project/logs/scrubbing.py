"""How a log line is written: one line an event, and never a token or secret in it."""

from __future__ import annotations

import logging
import re
import time

from tokens_project.logs.facts import facts_of

CREDENTIAL = re.compile(r"(enr[ts]_)[A-Za-z0-9_-]+", re.IGNORECASE)
# The key of a mailed link, as it stands in its address: 256 bits, by which somebody chooses a password.
LINK_KEY = re.compile(r"/[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def scrubbed(text: str) -> str:
    """The text with every token, Resource Server secret and key of a link struck out (ASVS v5.0.0-16.2.5)."""
    return LINK_KEY.sub("/[removed]", CREDENTIAL.sub(r"\1[removed]", text))


class ScrubbingFormatter(logging.Formatter):
    """`TIME LEVEL LOGGER MESSAGE request_id=ID event=NAME`, in UTC, control characters escaped: no value forges a line.

    The id is left out of lines that are of no request, or of several, and the event of those that tell of none.

    It works on the finished text, so that arguments and tracebacks are covered as well as the message
    (ASVS v5.0.0-16.4.1).
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = scrubbed(super().format(record))
        facts = facts_of(record)
        line += "".join(f" {name}={facts[name]}" for name in ("request_id", "event") if name in facts)
        return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), line)
