"""Which tests coverage is measured in, since it makes a test half as dear again, or twice as dear.

What a walk through the whole product runs, a test of its part runs too. On PostgreSQL it is enough to measure the tests
of what runs otherwise there.
"""

from __future__ import annotations

from coverage import Coverage

# Rooms of tests that walk.
WALKS = ("access_rules", "browser", "deployment", "faults")
# Rooms and files of tests of what PostgreSQL runs otherwise than SQLite.
OF_POSTGRESQL = (
    *("accounts/audit", "accounts/database", "accounts/limits", "accounts/outbox", "accounts/text", "faults"),
    *("instance_manager/applications/test_registration.py", "instance_manager/test_lists_of_a_replica.py"),
    *("reference_tokens/commands/check_settings", "reference_tokens/endpoints", "reference_tokens/fence"),
    *("reference_tokens/lifecycle", "reference_tokens/lists", "reference_tokens/maintenance"),
    *("reference_tokens/models", "reference_tokens/policy", "reference_tokens/restoring", "reference_tokens/usage"),
    *("reference_tokens/validation", "reference_tokens/webhooks", "tokens_project"),
)


def is_measured(path: str, *, on_postgresql: bool) -> bool:
    """Whether coverage is measured in a file of tests, whose path begins below `tests/`."""
    if on_postgresql:
        return path.startswith(OF_POSTGRESQL)
    return not path.startswith(WALKS)


class Measuring:
    """Coverage, which is measured or not: turned only where that changes, since to begin takes its time."""

    def __init__(self) -> None:
        # What is not on is no more the current one.
        self.coverage = Coverage.current()
        self.is_on = self.coverage is not None

    def turn(self, is_wanted: bool) -> None:
        """Measure from now on, or do not."""
        if self.coverage is not None and is_wanted != self.is_on:
            self.is_on = is_wanted
            (self.coverage.start if is_wanted else self.coverage.stop)()
