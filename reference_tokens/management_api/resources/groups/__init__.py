"""`/groups`: groups and who is in them."""

from reference_tokens.management_api.resources.groups import calls

routers = [calls.router]
