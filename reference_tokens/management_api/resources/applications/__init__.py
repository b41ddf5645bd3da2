"""`/applications`: Trusted Applications and the tokens of each."""

from reference_tokens.management_api.resources.applications import calls, tokens

routers = [tokens.router, calls.router]
