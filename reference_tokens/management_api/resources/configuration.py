"""`/configuration`: the instance as a document, as `apply` and `export_configuration` have it (contract 5.1)."""

from __future__ import annotations

from typing import Any, Literal

from ninja import Field, Query, Router, Schema

from reference_tokens.configuration.applying import apply
from reference_tokens.configuration.document import Configuration
from reference_tokens.configuration.errors import NotValid, PlanChanged
from reference_tokens.configuration.exporting import exported
from reference_tokens.configuration.run import Run
from reference_tokens.configuration.texts import plan_as_markdown
from reference_tokens.management_api.authentication import READ, WRITE_OR_PLAN
from reference_tokens.management_api.bodies import YAML
from reference_tokens.management_api.problems import conflict, invalid
from reference_tokens.management_api.requests import Request

router = Router(tags=["configuration"])
# The body may be YAML: for generated clients a text.
TAKES_YAML = {
    "requestBody": {"content": {YAML: {"schema": {"type": "string", "description": "The same document as YAML."}}}}
}


class How(Schema):
    """What is asked for besides what the document says."""

    prune: bool = False
    existing_tokens: Literal["keep", "revoke", "shorten"] = "keep"


class ChangeMembers(Schema):
    """One thing that is added (+), changed (~) or removed (-), and how many live tokens that concerns."""

    sign: Literal["+", "~", "-"]
    kind: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    impact: dict[str, int]


class SecretShownOnce(Schema):
    """A new secret, shown once: `client_secret` of a Resource Server, `secret` of a webhook."""

    kind: str
    name: str
    id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    secret: str | None = None


class Applied(Schema):
    """What was changed."""

    changes: list[ChangeMembers]
    secrets: list[SecretShownOnce]
    markdown: str = Field(description="The changes for people, as for a comment of a pull request.")


@router.get("", auth=READ, response=Configuration, exclude_unset=True, summary="Export the configuration")
def read_configuration(request: Request) -> dict[str, Any]:
    """The document of this instance, without secrets; sending it back changes nothing."""
    return exported()


@router.post("", auth=WRITE_OR_PLAN, response=Applied, openapi_extra=TAKES_YAML, summary="Apply a configuration")
def apply_configuration(request: Request, body: Configuration, how: Query[How]) -> dict[str, Any]:
    """Make the instance what the document says, all of it or nothing.

    With `dry_run=true` only plan it: for that `instance:read` is enough.
    """
    run = Run(request.caller.actor, request.caller.now, how.existing_tokens)
    try:
        changes = apply(body, run, prunes=how.prune)
    except NotValid as refused:
        raise invalid({"pointer": f"#{fault.place}", "detail": fault.detail} for fault in refused.faults) from refused
    except PlanChanged as changed:
        raise conflict("Nothing was done: its tokens were changed meanwhile. Try again.") from changed
    return {
        "changes": [change.members for change in changes],
        "secrets": [secret.members for secret in run.secrets],
        "markdown": plan_as_markdown(changes),
    }
