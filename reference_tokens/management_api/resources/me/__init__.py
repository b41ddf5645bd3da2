"""`/me`: the holder of the token that asks, and their own tokens."""

from reference_tokens.management_api.resources.me import calls, tokens

routers = [calls.router, tokens.router]
