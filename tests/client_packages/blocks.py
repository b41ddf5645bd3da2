"""The blocks of code in the READMEs of the packages, as somebody would copy them who fills in what is theirs."""

from __future__ import annotations

import re
from pathlib import Path

from tests.command_line import BASE_DIR
from tests.service import Service

CLIENTS = BASE_DIR / "clients"


def blocks(package: str, language: str) -> dict[str, list[str]]:
    """Those in one language, by the heading above them."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", readme(package).read_text(), flags=re.MULTILINE)[1:]:
        heading, _line, text = part.partition("\n")
        if shown := re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            found[heading] = shown
    return found


def readme(package: str) -> Path:
    return CLIENTS / package / "README.md"


def filled_in(block: str, service: Service) -> str:
    text = block.replace("https://tokens.example.com", service.address)
    return text.replace("rs_0123456789abcdef0123", service.secrets["client_id"])
