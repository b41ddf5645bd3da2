"""`/webhooks`: addresses that are told what happens, and the messages to them."""

from reference_tokens.management_api.resources.webhooks import calls, deliveries

routers = [calls.router, deliveries.router]
