"""`/tokens`: every token, one or many at a time."""

from reference_tokens.management_api.resources.tokens import calls, check, revocations, suspensions

routers = [calls.router, check.router, revocations.router, suspensions.router]
