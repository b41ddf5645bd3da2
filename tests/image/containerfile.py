"""Reading a Containerfile: its stages, and the steps of each."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """An instruction, and what stands behind it."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words, of a JSON array or as a shell splits them."""
        return list(json.loads(self.text)) if self.text.startswith("[") else shlex.split(self.text)


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, name: str) -> Step:
        """The last step of this name, which is the one that counts."""
        return [step for step in self.steps if step.name == name][-1]

    def healthcheck(self) -> list[str]:
        """The words of HEALTHCHECK, behind its options."""
        return Step("CMD", self.last("HEALTHCHECK").text.partition(" CMD ")[2]).words

    def environment(self) -> dict[str, str]:
        """What ENV gives."""
        pairs = [word.partition("=") for step in self.steps if step.name == "ENV" for word in step.words]
        return {name: value for name, _equals, value in pairs}


def stages_of(file: Path) -> list[Stage]:
    """The stages in their order."""
    lines = re.sub(r"^\s*#.*\n", "", file.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[Stage] = []
    for line in filter(str.strip, lines.splitlines()):
        name, _space, text = line.strip().partition(" ")
        if name == "FROM":
            base, *named = text.split(" AS ")
            stages.append(Stage(base, named[0] if named else ""))
        else:
            stages[-1].steps.append(Step(name, " ".join(text.split())))
    return stages
