"""The marks, as a request names them."""

from __future__ import annotations

HEADER = "X-Killed-At"
# In this header of the answer stands how many statements the transaction had, where the mark is COUNTED.
STATEMENTS = "X-Statements"
COUNTED = "nowhere"
# What comes before the mark where it is that of the next batch of uses.
IN_THE_BACKGROUND = "background: "

FIRST = "before the first statement"
BETWEEN = "between two statements"
BEFORE_COMMIT = "before the commit"
AT_COMMIT = "at the commit"
AFTER_COMMIT = "after the commit, before the answer"
IN_THE_ANSWER = "while the answer is sent"

MARKS = (FIRST, BETWEEN, BEFORE_COMMIT, AT_COMMIT, AFTER_COMMIT, IN_THE_ANSWER)
NOT_DONE = {FIRST, BETWEEN, BEFORE_COMMIT}
DONE = {AFTER_COMMIT, IN_THE_ANSWER}


def next_statement(number: int) -> str:
    """The mark behind so many statements of the transaction, before the next."""
    return f"behind statement {number}"
