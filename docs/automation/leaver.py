"""A person leaves: what they own goes to a successor, and they are deactivated, their personal tokens revoked.

    leaver.py ada grace

Prints the tokens that end, of which programs may need one of an application in their place. May be run again. Needs
REFERENCE_TOKENS_URL, and in REFERENCE_TOKENS_TOKEN a token for reference-tokens/api with the scopes instance:read and
instance:write.
"""

import os
import sys

from reference_tokens_client import Unavailable
from reference_tokens_client.management import Management, Problem


def offboard(api: Management, username: str, successor: str) -> None:
    """Hand over what the person owns, and deactivate them."""
    users = api.get("users", username=username, kind="person")["items"]
    if not users:
        sys.exit(f"There is nobody called {username}.")
    user = users[0]
    for application in list(api.each("applications", owner=user["id"])):
        hand_over(api, application["id"], user["username"], successor)
    for token in api.each("tokens", owner=user["username"], state="live"):
        print(f"revoked: {token['application']} {token['hint']} {token['description']}")
    if user["is_active"] or user["counts"]["live_tokens"]:
        api.post("users", user["id"], "deactivate", body={"tokens": "revoke"})


def hand_over(api: Management, application_id: str, username: str, successor: str) -> None:
    """Put the successor in the place of an owner."""
    application = api.get("applications", application_id)
    owners = sorted({successor, *application["owners"]} - {username})
    api.patch("applications", application_id, body={"owners": owners}, if_match=application.etag)
    print(f"handed over: {application['application_uri']}")


if __name__ == "__main__":
    with Management(os.environ["REFERENCE_TOKENS_URL"], os.environ["REFERENCE_TOKENS_TOKEN"]) as api:
        try:
            offboard(api, *sys.argv[1:])
        except (Problem, Unavailable) as failure:
            sys.exit(str(failure))
