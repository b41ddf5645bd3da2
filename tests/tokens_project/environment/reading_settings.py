"""How tests read one setting, `NAME`, and see it refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tokens_project import environment as env
from tokens_project.environment import BadSetting

Given = Callable[[str], None]


def refused(read: Callable[[], Any], value: str) -> bool:
    """Whether the value is refused in one line that names the setting and does not repeat the value."""
    with pytest.raises(BadSetting) as stopped:
        read()
    message = str(stopped.value)
    return message.startswith("NAME: ") and message.endswith(".") and "\n" not in message and value not in message


READ: dict[str, Callable[[], Any]] = {
    "database": lambda: env.database("NAME", Path("unused")),
    "cache": lambda: env.cache("NAME"),
    "email": lambda: env.email("NAME", Path("unused")),
}
