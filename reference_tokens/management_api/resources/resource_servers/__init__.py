"""`/resource-servers`: the APIs that may ask about tokens, and their secrets."""

from reference_tokens.management_api.resources.resource_servers import calls

routers = [calls.router]
