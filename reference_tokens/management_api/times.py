"""Days as programs send them: as RFC 3339 writes them. The library by itself takes `0` for a day in 1970."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator

DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def written_as_day(value: Any) -> Any:
    """The text, if it is a day."""
    if not (isinstance(value, str) and DAY.match(value)):
        raise ValueError("Give a day like 2027-01-31.")
    return value


Day = Annotated[date, BeforeValidator(written_as_day)]
