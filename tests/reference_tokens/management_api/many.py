"""Many tokens, and lists read to their end as programs do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from reference_tokens.models import ReferenceToken


def copies(template: ReferenceToken, number: int) -> list[ReferenceToken]:
    """So many tokens like this one, each issued a second before the last."""
    found = []
    for step in range(number):
        token = ReferenceToken(**{field.attname: getattr(template, field.attname) for field in template._meta.fields})
        token.pk, token.digest = uuid.uuid4(), uuid.uuid4().bytes * 2
        token.issued_at = template.issued_at - timedelta(seconds=step + 1)
        found.append(token)
    return ReferenceToken.objects.bulk_create(found)


def pages(program: Any, path: str) -> Iterator[dict[str, Any]]:
    """Each page of a list, the first at this path."""
    next_path: str | None = path
    while next_path:
        answer = program.get(next_path)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        assert (page["next"] is None) == ("Link" not in answer)
        next_path = page["next"] and page["next"].removeprefix("/api/v1")
        yield page


def listed(program: Any, path: str) -> list[str]:
    """The ids of a list, page by page."""
    return [row["id"] for page in pages(program, path) for row in page["items"]]
