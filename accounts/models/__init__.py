"""People, what is stored about their accounts, and the record of what happened. Django looks for models here alone.

Whatever acts on people or reads the record imports this package; it knows only the text that people type.
"""

from accounts.models.attempts import AttemptCount
from accounts.models.audit import AuditEvent, AuditHead, AuditMark, AuditStream
from accounts.models.mailed_links import EmailChange, Invitation, PasswordReset
from accounts.models.outbox import OutboxEntry
from accounts.models.people import FormerUsername, User, UserManager

__all__ = [
    "AttemptCount",
    "AuditEvent",
    "AuditHead",
    "AuditMark",
    "AuditStream",
    "EmailChange",
    "FormerUsername",
    "Invitation",
    "OutboxEntry",
    "PasswordReset",
    "User",
    "UserManager",
]
