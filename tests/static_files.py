"""`python -m tests.static_files`: one declaration a line in the stylesheet, one statement a line in the scripts.

With `--check` nothing is written: what has another form is named, and the exit status is 1.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import cssbeautifier
import jsbeautifier

from tests.command_line import BASE_DIR

if TYPE_CHECKING:
    from collections.abc import Callable

STATIC = BASE_DIR / "static"
CSS = cssbeautifier.default_options()
CSS.indent_size, CSS.end_with_newline, CSS.space_around_combinator = 2, True, True
JS = jsbeautifier.default_options()
JS.indent_size, JS.end_with_newline, JS.operator_position = 2, True, "before-newline"
# What is short stays on its line, as `{ once: true }`.
JS.brace_style = "collapse,preserve-inline"

FORMATTERS: dict[str, Callable[[str], str]] = {
    "css/*.css": partial(cssbeautifier.beautify, opts=CSS),
    "js/*.js": partial(jsbeautifier.beautify, opts=JS),
}


def main() -> int:
    """Format, or check; vendored files lie elsewhere."""
    is_check, has_other_form = "--check" in sys.argv, False
    for pattern, formatted in FORMATTERS.items():
        for path in sorted(STATIC.glob(pattern)):
            text = path.read_text()
            if (wanted := formatted(text)) == text:
                continue
            has_other_form = True
            print(path.relative_to(BASE_DIR), "is to be formatted" if is_check else "formatted")
            if not is_check:
                path.write_text(wanted)
    return int(is_check and has_other_form)


if __name__ == "__main__":
    sys.exit(main())
