"""What a part of the bench hands back: findings, tables and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.bars import Finding


@dataclass(frozen=True)
class Table:
    """Figures in rows."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = ["| " + " | ".join(row) + " |" for row in (self.head, ["---"] * len(self.head), *self.rows)]
        return "\n".join([f"**{self.title}**", "", *lines, ""])

    def text(self) -> str:
        """In columns, for a terminal."""
        rows = [self.head, *self.rows]
        widths = [max(len(row[place]) for row in rows) for place in range(len(self.head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([f"\n{self.title}", *(line.rstrip() for line in lines)])


@dataclass(frozen=True)
class Plot:
    """Bars side by side: each label with one value of each series."""

    name: str
    title: str
    labels: Sequence[str]
    series: dict[str, Sequence[float | None]]


@dataclass
class Report:
    """Everything that a part found out."""

    findings: list[Finding] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)

    def add(self, other: Report) -> None:
        self.findings += other.findings
        self.tables += other.tables
        self.plots += other.plots


def findings_table(findings: Sequence[Finding]) -> Table:
    """Every bar with its verdict."""
    rows = [(finding.what, finding.bar, finding.measured, finding.verdict) for finding in findings]
    return Table("Bars", ("what", "bar", "measured", ""), rows)
