"""What a validation asks Django for, without the objects around it: they cost as much as the answer."""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]


_of_thread = _OfThread()


def connection_at_hand() -> Any:
    """This thread's connection to the database; one of ours, which can do more than Django's."""
    return _of_thread.connection


def settings_at_hand() -> Any:
    """The settings as they are now; not to be kept, since a test may have others in the next moment."""
    # The object around them asks five questions before each setting, and more before it tells what it is around.
    return object.__getattribute__(settings, "_wrapped")
