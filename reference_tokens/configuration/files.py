"""Reading a configuration file: YAML, of which JSON is a part, with each member once and no references."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml
from pydantic import ValidationError

from reference_tokens.configuration.document import Configuration
from reference_tokens.configuration.errors import Fault, NotValid

MOST_CHARACTERS = 1024 * 1024
# What the library raises by itself: for `!!timestamp x`, `!!int ""`, `!!bool x`, and what is nested too deeply.
OF_NO_VALUE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Loader(yaml.SafeLoader):
    """Plain values only: an alias may stand for more than any memory holds, and of two members none is meant."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not taken", problem_mark=self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - as the library calls it
        """Refuse a member that stands twice."""
        names = set()
        for key, _value in node.value:
            name = self.construct_object(key, deep=True)
            # The library refuses one that is a list or a mapping itself.
            if not isinstance(name, Hashable):
                continue
            if name in names:
                raise yaml.MarkedYAMLError(problem=f"the member {name} stands there twice", problem_mark=key.start_mark)
            names.add(name)
        return super().construct_mapping(node, deep=deep)


# A date is a text here, as it is in JSON.
Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def configuration_in(text: str) -> Configuration:
    """The configuration in a text; raises `NotValid` with every fault, at its line or its pointer."""
    if len(text) > MOST_CHARACTERS:
        raise NotValid([Fault("", f"A configuration has at most {MOST_CHARACTERS} characters.")])
    return configuration_of(yaml_in(text))


def yaml_in(text: str) -> Any:
    """The document in a text; raises `NotValid` with the first fault, at its line."""
    try:
        return yaml.load(text, Loader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise NotValid([Fault(place, f"This is no YAML: {error.problem}.")]) from error
    except (yaml.YAMLError, *OF_NO_VALUE) as error:
        raise NotValid([Fault("", "This is no YAML.")]) from error


def configuration_of(document: Any) -> Configuration:
    """The configuration that a document holds; raises `NotValid`."""
    try:
        return Configuration.model_validate({} if document is None else document)
    except ValidationError as error:
        raise NotValid([Fault(pointer(one["loc"]), one["msg"]) for one in error.errors()]) from error


def pointer(path: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
