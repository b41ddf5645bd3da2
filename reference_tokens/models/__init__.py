"""What is stored of tokens and of the servers that ask about them. Django looks for models here alone.

Everything in reference_tokens may import this package; it knows nothing of the others.
"""

from reference_tokens.models.digests import HashKey
from reference_tokens.models.fence import FenceLine, FencePosition
from reference_tokens.models.issued_scopes import IssuedScope
from reference_tokens.models.leaks import LeakReport
from reference_tokens.models.lookup_digests import LookupDigest
from reference_tokens.models.measured import EventCount, TokenNumber, ValidationTime
from reference_tokens.models.notices import Lease, Notice
from reference_tokens.models.refusals import Door, RefusalCount
from reference_tokens.models.repeatable_answers import RepeatableAnswer
from reference_tokens.models.resource_servers import ResourceServer, ResourceServerSecret
from reference_tokens.models.saved_filters import SavedFilter
from reference_tokens.models.search import TokenScopes, TokenText
from reference_tokens.models.tokens import ReferenceToken, ReferenceTokenQuerySet
from reference_tokens.models.use import AnswerCount, DailyUse, TokenUse
from reference_tokens.models.webhooks import EventType, Webhook, WebhookDelivery

__all__ = [
    "AnswerCount",
    "DailyUse",
    "Door",
    "EventCount",
    "EventType",
    "FenceLine",
    "FencePosition",
    "HashKey",
    "IssuedScope",
    "LeakReport",
    "Lease",
    "LookupDigest",
    "Notice",
    "ReferenceToken",
    "ReferenceTokenQuerySet",
    "RefusalCount",
    "RepeatableAnswer",
    "ResourceServer",
    "ResourceServerSecret",
    "SavedFilter",
    "TokenNumber",
    "TokenScopes",
    "TokenText",
    "TokenUse",
    "ValidationTime",
    "Webhook",
    "WebhookDelivery",
]
