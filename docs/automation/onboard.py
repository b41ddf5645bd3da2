"""Onboards an application: its System User, the application, and a service access token, which goes to a secret store.

    onboard.py com.example/stock svc-stock "read update" vault kv put secret/stock token=-

The last arguments are the command of the store, which reads the token on its standard input. What is there already is
left as it is, a live token too, so that the script may be run again. Needs REFERENCE_TOKENS_URL, and in
REFERENCE_TOKENS_TOKEN a token for reference-tokens/api with the scopes instance:read and instance:write.
"""

import os
import subprocess
import sys
import uuid

from reference_tokens_client import Unavailable
from reference_tokens_client.management import Document, Management, Problem

DAYS, TRIES = 90, 3


def onboard(api: Management, uri: str, username: str, scopes: list[str], store: list[str]) -> str:
    """Make what is missing; returns what was done about the token."""
    if not api.get("users", username=username)["items"]:
        post(api, "users", username=username, kind="system", name=uri)
    found = api.get("applications", uri=uri)["items"]
    if not found:
        policy = "AdministratorsOnly"
        found = [
            post(api, "applications", application_uri=uri, scopes=scopes, system_user=username, access_tokens=policy)
        ]
    tokens = "applications", found[0]["id"], "tokens"
    if api.get(*tokens, kind="SAT", state="live")["items"]:
        return "It has a token already."
    try:
        issued = post(api, *tokens, scopes=scopes, description="Onboarding", expires_in_days=DAYS)
    except Problem as problem:
        if "id" in problem.document:
            revoke(api, problem.document["id"], "The answer with its value was lost.")
        raise
    try:
        subprocess.run(store, input=issued["token"], text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        revoke(api, issued["id"], "The secret store did not take it.")
        raise
    return f"The store has its token {issued['hint']}, until {issued['expires_at']}."


def post(api: Management, *path: str, **body: object) -> Document:
    """Make something. Where no answer comes it is asked for again: with its key it is made once."""
    key = str(uuid.uuid4())
    for _try in range(TRIES - 1):
        try:
            return api.post(*path, body=body, idempotency_key=key)
        except Unavailable:
            continue
    return api.post(*path, body=body, idempotency_key=key)


def revoke(api: Management, token_id: str, reason: str) -> None:
    """Nobody will see the value of this token again."""
    api.post("tokens", token_id, "revoke", body={"reason": reason})


if __name__ == "__main__":
    uri, username, scopes, *store = sys.argv[1:]
    with Management(os.environ["REFERENCE_TOKENS_URL"], os.environ["REFERENCE_TOKENS_TOKEN"]) as api:
        try:
            print(onboard(api, uri, username, scopes.split(), store))
        except (Problem, Unavailable, OSError, subprocess.CalledProcessError) as failure:
            sys.exit(str(failure))
