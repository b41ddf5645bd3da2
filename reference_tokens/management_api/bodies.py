"""Bodies of requests: JSON as RFC 8259 has it, or YAML where a call takes that; with each member once."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from ninja import Field, Schema
from ninja.parser import Parser
from pydantic import BeforeValidator, ConfigDict

from accounts.text.free_text import tidied
from reference_tokens.configuration.errors import NotValid
from reference_tokens.configuration.files import yaml_in
from reference_tokens.management_api.problems import Problem, invalid_member

if TYPE_CHECKING:
    from django.http import HttpRequest

MALFORMED = 400
JSON, YAML = "application/json", "application/yaml"  # RFC 8259, RFC 9512


def as_stored(text: Any) -> Any:
    """The text as it is stored: so long it may be. What is none is left to the rule for texts."""
    return tidied(text) if isinstance(text, str) else text


# Texts that people read (TXT-1). Of some the database is asked whether another has it: PostgreSQL takes no NUL.
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$"), BeforeValidator(as_stored)]
Line = Annotated[str, Field(max_length=200), BeforeValidator(as_stored)]


class Members(Schema):
    """The members of a body: one that is not known is refused, so that no mistyped name goes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class ReadBefore(Parser):
    """Gives the library the document that the door has read."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The document."""
        return request.document  # type: ignore[attr-defined] # every request here is one of ours


def document_in(body: bytes) -> Any:
    """The document; raises `Problem` 400 for what is no JSON, and 422 for a member that stands twice."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=members_once, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Problem(MALFORMED, "The body is no JSON.") from None


def yaml_document_in(body: bytes) -> Any:
    """The document; raises `Problem` 400, with the line, for what is no YAML."""
    try:
        return yaml_in(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem(MALFORMED, "The body is no YAML.") from None
    except NotValid as refused:
        raise Problem(MALFORMED, str(refused)) from None


READERS = {JSON: document_in, YAML: yaml_document_in}


def members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The members of an object; raises `Problem` where one stands twice: which one counts would be a guess."""
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _value in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise invalid_member(twice, "It stands there twice.")
    return members


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)
