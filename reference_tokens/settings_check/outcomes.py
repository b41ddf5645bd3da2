"""What a check raises in place of saying what it found."""

from __future__ import annotations


class DoesNotWork(Exception):
    """What a setting leads to does not work; the message says why."""


class NotTried(Exception):
    """Whether it works cannot be told now; the message says why."""
