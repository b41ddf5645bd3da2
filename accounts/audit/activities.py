"""What each action is to OCSF, the schema in which log systems compare events (version 1.3): its class and activity.

The apps that act say it of their own actions, beside their words (`registry`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class EventClass(IntEnum):
    """The classes of OCSF that entries are of, all of its category for identity and access."""

    ACCOUNT_CHANGE = 3001
    AUTHENTICATION = 3002
    ENTITY_MANAGEMENT = 3004


class Severity(IntEnum):
    """How much an entry calls for somebody."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class Activity(NamedTuple):
    """What was done in a class, by its number in OCSF; 0 is unknown, 99 what OCSF has no number for."""

    event_class: EventClass
    id: int
    severity: Severity = Severity.INFORMATIONAL
    is_failure: bool = False


OTHER = 99
ACCOUNT_CREATED = Activity(EventClass.ACCOUNT_CHANGE, 1)
ACCOUNT_ENABLED = Activity(EventClass.ACCOUNT_CHANGE, 2)
PASSWORD_CHANGED = Activity(EventClass.ACCOUNT_CHANGE, 3)
PASSWORD_RESET = Activity(EventClass.ACCOUNT_CHANGE, 4)
ACCOUNT_DISABLED = Activity(EventClass.ACCOUNT_CHANGE, 5)
ACCOUNT_DELETED = Activity(EventClass.ACCOUNT_CHANGE, 6)
RIGHTS_GIVEN = Activity(EventClass.ACCOUNT_CHANGE, 7)
RIGHTS_TAKEN = Activity(EventClass.ACCOUNT_CHANGE, 8)
FACTOR_ADDED = Activity(EventClass.ACCOUNT_CHANGE, 10)
FACTOR_REMOVED = Activity(EventClass.ACCOUNT_CHANGE, 11)
ACCOUNT_CHANGED = Activity(EventClass.ACCOUNT_CHANGE, OTHER)
SIGNED_IN = Activity(EventClass.AUTHENTICATION, 1)
SIGNED_OUT = Activity(EventClass.AUTHENTICATION, 2)
SIGN_IN_FAILED = Activity(EventClass.AUTHENTICATION, 1, Severity.LOW, is_failure=True)
ATTEMPTS_LIMITED = Activity(EventClass.AUTHENTICATION, OTHER, Severity.MEDIUM, is_failure=True)
CREATED = Activity(EventClass.ENTITY_MANAGEMENT, 1)
READ = Activity(EventClass.ENTITY_MANAGEMENT, 2)
UPDATED = Activity(EventClass.ENTITY_MANAGEMENT, 3)
DELETED = Activity(EventClass.ENTITY_MANAGEMENT, 4)
SUSPENDED = Activity(EventClass.ENTITY_MANAGEMENT, 12)
RESUMED = Activity(EventClass.ENTITY_MANAGEMENT, 13)
UNKNOWN = Activity(EventClass.ENTITY_MANAGEMENT, 0)
OTHERWISE = Activity(EventClass.ENTITY_MANAGEMENT, OTHER)
ALARMING = Activity(EventClass.ENTITY_MANAGEMENT, OTHER, Severity.HIGH)
