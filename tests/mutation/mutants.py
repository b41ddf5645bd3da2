"""The mutants of a file: its code with one thing changed each, by mutmut's operators and two of our own.

Beside mutmut's, a condition is turned round, and a call that stands alone is left out: a check that nobody would miss.
Left alone are decorators, annotations, docstrings, sentences that people read, what stands outside of functions, and
defaults of parameters: a function holds them beside the code that is put in place of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor, OuterFunctionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string
from mutmut.mutation.pragma_handling import IgnoredCode

from tests.mutation.mutant import Mutant, code_of
from tests.mutation.rooms import ROOT

SENTENCES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of the file that compiles, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
    visitor = Visitor()
    module, names, seen = wrapper.visit(visitor), QualifiedNames(), Counter[str]()
    module.visit(names)
    for mutation in visitor.mutations:
        function = names.found.get(mutation.contained_by_top_level_function)
        if function is None:
            continue
        changed = module.deep_replace(mutation.original_node, mutation.mutated_node)
        before, after = (one_line(module, node) for node in (mutation.original_node, mutation.mutated_node))
        name = f"{path.relative_to(ROOT)}:{function}: {before} -> {after}"
        seen[name] += 1
        again = f" ({seen[name]})" if seen[name] > 1 else ""
        code = code_of(changed.code, path, function)
        if code is not None:
            yield Mutant(name + again, visitor.lines[id(mutation)], path, function, code)


def one_line(module: cst.Module, node: cst.CSTNode) -> str:
    """The source of the node, on one line."""
    return re.sub(r"\s+", " ", module.code_for_node(node)).strip()


class QualifiedNames(cst.CSTVisitor):
    """The functions and methods of a module, with the names that Python gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[cst.CSTNode | None, str] = {}
        self._classes: list[str] = []

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._classes.append(node.name.value)

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._classes.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.found[node] = ".".join([*self._classes, node.name.value])
        return False


def turned_round(node: cst.If) -> Iterable[cst.If]:
    """`if x` to `if not x`."""
    condition = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), condition))


def left_out(node: cst.Expr) -> Iterable[cst.Pass]:
    """A call whose answer nobody reads, to nothing."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def other_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """The first of mutmut's changes of a string; the others change the case of its letters."""
    yield from list(operator_string(node))[:1]


OPERATORS = [
    *((node, other_string if change is operator_string else change) for node, change in mutation_operators),
    (cst.If, turned_round),
    (cst.Expr, left_out),
]


class Visitor(MutationVisitor):
    """mutmut's, which does not pass by functions that have decorators: they are most of those that write."""

    METADATA_DEPENDENCIES = (PositionProvider, OuterFunctionProvider)

    def __init__(self) -> None:
        super().__init__(OPERATORS, IgnoredCode(set(), set(), set()))
        self.lines: dict[int, int] = {}

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return False
        return isinstance(node, cst.Decorator | cst.Param) or is_sentence(node) or super()._skip_node_and_children(node)

    def _create_mutations(self, node: cst.CSTNode) -> None:
        before = len(self.mutations)
        super()._create_mutations(node)
        position = self.get_metadata(PositionProvider, node, None)
        for mutation in self.mutations[before:]:
            self.lines[id(mutation)] = position.start.line if position else 0


def is_sentence(node: cst.CSTNode) -> bool:
    """Whether the node is a text that is translated: other tests hold those."""
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in SENTENCES
