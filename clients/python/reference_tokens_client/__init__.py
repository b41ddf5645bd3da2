"""Asks a Reference Tokens service whether the token of a request is good, and whom it speaks for.

    client = Client("https://tokens.example.com", "rs_0123456789abcdef0123", os.environ["REFERENCE_TOKENS_SECRET"])
    try:
        token = client.check(request.headers.items(), "read")
    except (Refused, Unavailable) as refusal:
        ...  # answer with refusal.status and refusal.headers

Nothing is kept between two calls, so that a revoked token is refused at the next request.
"""

from reference_tokens_client.behind_proxy import BehindProxy
from reference_tokens_client.client import Client
from reference_tokens_client.refusals import NotAllowed, Refused, Unavailable
from reference_tokens_client.tokens import Token, is_well_formed

__all__ = ["BehindProxy", "Client", "NotAllowed", "Refused", "Token", "Unavailable", "is_well_formed"]
__version__ = "0.1.0"
