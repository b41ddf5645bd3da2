"""The measured part of docs/performance.md, and its plots."""

from __future__ import annotations

import datetime
import os
import platform
import re
from pathlib import Path

from tests.bench.report import Plot, Report, findings_table
from tests.bench.servers import PROJECT

DOCUMENT = PROJECT / "docs" / "performance.md"
IMAGES = PROJECT / "docs" / "images"
BEGIN, END = "<!-- measured -->\n", "<!-- to here -->\n"
MARKED = re.compile(f"{BEGIN}.*{END}", re.DOTALL)


def write(report: Report, command: str, seconds: float, load: float) -> None:
    """Put the findings between the two marks of the document, and draw the plots that it shows."""
    for plot in report.plots:
        (IMAGES / f"performance-{plot.name}.svg").write_text(drawn(plot))
    day = datetime.datetime.now(datetime.UTC).date()
    lines = [
        f"Measured on {day} with `{command}`, which took {seconds / 60:.0f} minutes, on {machine()}.",
        f"At the start {load:.1f} processes wanted to run at once: the fewer, the better the figures hold.\n",
        findings_table(report.findings).markdown(),
        *(f"![{plot.title}](images/performance-{plot.name}.svg)\n" for plot in report.plots),
        *(table.markdown() for table in report.tables),
    ]
    measured = BEGIN + "\n" + "\n".join(lines) + "\n" + END
    DOCUMENT.write_text(MARKED.sub(lambda _found: measured, DOCUMENT.read_text()))


def machine() -> str:
    """What it ran on: processor, cores, memory, system, Python."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = model[1] if model else platform.machine()
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{os.cpu_count()} cores of {processor}, {memory:.0f} GB, {system}, Python {platform.python_version()}"


def drawn(plot: Plot) -> str:
    """The plot as SVG, without anything that changes from one drawing of the same figures to the next."""
    import pygal

    chart = pygal.HorizontalStackedBar(
        js=[],
        no_prefix=True,
        print_values=True,
        print_values_position="end",
        show_legend=len(plot.series) > 1,
        legend_at_bottom=True,
        truncate_label=-1,
        width=900,
        height=120 + 24 * len(plot.labels),
        margin=10,
        style=pygal.style.CleanStyle(label_font_size=12, value_font_size=11, title_font_size=15, legend_font_size=12),
        value_formatter=lambda value: f"{value:,.0f}" if value >= 10 else f"{value:,.1f}",
    )
    chart.title = plot.title
    # It draws from below.
    chart.x_labels = list(plot.labels)[::-1]
    for name, values in plot.series.items():
        chart.add(name, list(values)[::-1])
    return re.sub(r"<!--.*?-->\n?", "", chart.render(is_unicode=True), flags=re.DOTALL) + "\n"
