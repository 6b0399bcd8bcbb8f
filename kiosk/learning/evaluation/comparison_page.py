"""Several networks beside each other: a table for the terminal, and one page that opens offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kiosk.learning.evaluation.evaluator import Evaluation, plain
from kiosk.learning.evaluation.figures_table import LABELS, rows
from kiosk.learning.evaluation.html_report import (
    as_json,
    embedded_figure,
    list_of_problems,
    whole_page,
)
from kiosk.learning.evaluation.paired_differences import PairedDifference
from kiosk.learning.evaluation.reference_writer import write_whole

_NOTE = (
    "Each network decides at its own threshold. Differences are those of the same comparisons, with"
    " the same draws of people; an interval without 0 shows a difference."
)


def names_of(evaluations: Sequence[Evaluation], given: Sequence[str]) -> list[str]:
    """Return a short name for each network, none twice."""
    short = [one.info.id for one in evaluations]
    return [
        name if short.count(name) == 1 else word for name, word in zip(short, given, strict=True)
    ]


def comparison_text(
    evaluations: Sequence[Evaluation],
    names: Sequence[str],
    differences: Sequence[PairedDifference],
) -> str:
    """Return the table of figures and that of differences for a terminal."""
    whole = evaluations[0].whole
    lines = [
        f"{whole.people:,} people; {whole.genuine:,} genuine and {whole.impostor:,} impostor "
        "comparisons, the same for all",
        "",
        *_columns([["", *names], *_figures(evaluations)]),
        "",
        f"less {names[0]} (95 % over draws of people):",
        *_columns([*_differences(differences, names)]),
    ]
    return "\n".join(lines)


def write_comparison(
    folder: Path,
    evaluations: Sequence[Evaluation],
    names: Sequence[str],
    differences: Sequence[PairedDifference],
) -> Path:
    """Write ``index.html`` and ``figures.json`` into ``folder``; return the page's path."""
    from kiosk.learning.evaluation.plots import det_of_several, histogram, roc_of_several

    curves = [(name, one.scores.curve()) for name, one in zip(names, evaluations, strict=True)]
    pictures = [
        ("ROC: genuine pairs accepted for each share of impostor pairs.", roc_of_several(curves)),
        ("DET: both errors on normal-deviate axes.", det_of_several(curves)),
        *(
            (f"{name}: how often each distance comes.", histogram(one.scores, one.threshold))
            for name, one in zip(names, evaluations, strict=True)
        ),
    ]
    title = "Comparison of networks"
    parts = [
        f"<h1>{title}</h1>",
        f'<div class="soft">{escape(evaluations[0].source)}: {escape(evaluations[0].protocol)}'
        "</div>",
        f'<p class="note">{_NOTE}</p>',
        "<h2>Figures</h2>",
        _table([["", *names], *_figures(evaluations)]),
        f"<h2>Less {escape(names[0])}</h2>",
        _table([["", "difference", "95 % interval", ""], *_differences(differences, names)]),
        "<h2>Pictures</h2>",
        '<div class="pictures">',
        *(embedded_figure(caption, picture) for caption, picture in pictures),
        "</div>",
        *list_of_problems([p.sentence for p in evaluations[0].embedded.problems]),
        _networks(evaluations, names),
    ]
    write_whole(folder / "figures.json", as_json(comparison_json(evaluations, names, differences)))
    write_whole(folder / "index.html", whole_page(title, parts).encode())
    return folder / "index.html"


def comparison_json(
    evaluations: Sequence[Evaluation],
    names: Sequence[str],
    differences: Sequence[PairedDifference],
) -> dict[str, Any]:
    """Return all figures of each network by its name, and the differences."""
    found: dict[str, Any] = plain(
        {
            "networks": {name: one.to_json() for name, one in zip(names, evaluations, strict=True)},
            "differences": [
                {
                    "network": names[one.network],
                    "less": names[0],
                    "figure": one.figure,
                    "value": one.value,
                    "interval": one.interval,
                    "verdict": one.verdict,
                }
                for one in differences
            ],
        }
    )
    return found


def _figures(evaluations: Sequence[Evaluation]) -> Iterator[list[str]]:
    """Yield a row for each figure: its label, then each network's."""
    tables = [
        {label: (value, limits) for label, value, limits in rows(one.to_json())}
        for one in evaluations
    ]
    for label in tables[0]:
        cells = [table.get(label, ("", "")) for table in tables]
        yield [label, *(f"{value} ({limits})" if limits else value for value, limits in cells)]
    yield ["threshold", *(f"{one.threshold:.3f}" for one in evaluations)]


def _differences(
    differences: Sequence[PairedDifference], names: Sequence[str]
) -> Iterator[list[str]]:
    for one in differences:
        limits = (
            f"{one.interval[0] * 100:+.2f} – {one.interval[1] * 100:+.2f}" if one.interval else ""
        )
        label = LABELS[one.figure]
        yield [f"{names[one.network]}: {label}", f"{one.value * 100:+.2f} %", limits, one.verdict]


def _columns(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))] if table else []
    for row in table:
        yield "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip()


def _table(table: Sequence[Sequence[str]]) -> str:
    head, *body = table
    first = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    rest = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body
    )
    return f'<div class="wide"><table><tr>{first}</tr>{rest}</table></div>'


def _networks(evaluations: Sequence[Evaluation], names: Sequence[str]) -> str:
    table = [["network", "title", "licence", "sha256"]] + [
        [name, one.info.title, one.info.licence or "not stated", one.sha256]
        for name, one in zip(names, evaluations, strict=True)
    ]
    return f"<h2>Where this comes from</h2>{_table(table)}"
