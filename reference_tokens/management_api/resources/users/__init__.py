"""`/users`: people and System Users, and those who leave."""

from reference_tokens.management_api.resources.users import calls, leaving

routers = [calls.router, leaving.router]
