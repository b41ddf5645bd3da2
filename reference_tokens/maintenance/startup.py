"""What must hold before the service starts."""

from __future__ import annotations

import logging
import sys

from django.db import Error, connection
from django.utils import timezone

from accounts.database.errors import cause_of
from reference_tokens.lifecycle.hash_keys import missing_keys
from reference_tokens.maintenance.fence import look_after_fence

logger = logging.getLogger(__name__)


def require_complete_key_ring() -> None:
    """End the process with one line where `TOKEN_HASH_KEYS` lacks a key that live tokens need (TOK-2).

    A database that cannot be read now is no reason: the service then starts and answers 503 until it can.
    """
    try:
        missing = missing_keys(timezone.now())
    except Error as error:
        logger.warning("the key ring could not be checked: the database refuses: %s", cause_of(error))
        return
    finally:
        # The workers are forked from here, and a connection must not be shared between processes.
        connection.close()
    if missing:
        count = sum(missing.values())
        sys.exit(
            f"TOKEN_HASH_KEYS: {count} live tokens or secrets need a key that is not in it "
            f"({', '.join(sorted(missing))}): add it behind the newest key."
            " Where it is lost for good, leave it behind as docs/keys.md tells."
        )


def hold_the_fence() -> None:
    """End again what an older copy of the database has brought back (RUN-5); where that cannot be, it is owed.

    The service then starts, and is not ready until a later try succeeds.
    """
    try:
        look_after_fence(timezone.now())
    except Error as error:
        logger.warning("what is known of the fence could not be noted: the database refuses: %s", cause_of(error))
    finally:
        # As above.
        connection.close()
